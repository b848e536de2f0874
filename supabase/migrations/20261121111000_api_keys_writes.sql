-- Keys for machines, as the people of a salon see, make and revoke them; and one from the command line, where nobody is
-- signed in. A key's text is never here: whoever makes it sends its hash, and its first characters to know it by.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: a key as people see it, without its hash. Names are those that the salon knows.
create function dashboard.key_row(known dashboard.api_keys)
returns jsonb
language sql stable
as $$
  select jsonb_build_object(
    'key_id', known.key_id,
    'name', known.name,
    'prefix', known.prefix,
    'scopes', known.scopes,
    'created_at', known.created_at,
    'created_by', coalesce(
      (
        select membership.known_as
        from dashboard.memberships as membership
        where membership.user_id = known.created_by and membership.tenant_id = known.tenant_id
      ),
      (select users.full_name from dashboard.users where users.user_id = known.created_by)
    ),
    'last_used_at', known.last_used_at,
    'revoked_at', known.revoked_at
  )
$$;

-- Living keys, the newest first, and behind them those that were revoked last: a hundred in all.
create function dashboard.list_api_keys()
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  tenant uuid;
begin
  perform dashboard.require('tenant.configure');
  tenant := dashboard.require_tenant();
  return coalesce(
    (
      select jsonb_agg(dashboard.key_row(known) order by known.revoked_at desc nulls first, known.created_at desc)
      from dashboard.api_keys as known
      where known.key_id in (
        select one.key_id
        from dashboard.api_keys as one
        where one.tenant_id = tenant
        order by one.revoked_at desc nulls first
        limit 100
      )
    ),
    '[]'
  );
end
$$;
grant execute on function dashboard.list_api_keys() to authenticated;

-- Inside: the checks of a new key, and its row.
create function dashboard.put_api_key(
  tenant uuid, name text, prefix text, key_hash text, scopes text[], creator uuid
)
returns dashboard.api_keys
language plpgsql volatile
set search_path = ''
as $$
declare
  most constant integer := 50;
  hash bytea := dashboard.checked_hash(put_api_key.key_hash);
  saved dashboard.api_keys;
begin
  if length(btrim(coalesce(put_api_key.name, ''))) not between 1 and 100
    or dashboard.has_control_characters(put_api_key.name) or put_api_key.name !~ '[^\s\u00a0\u00ad\u200c\u200d]'
  then
    perform dashboard.refuse(
      422, 'key_name_invalid', 'The name is empty, longer than 100 characters, or has control characters.',
      'Name the machine or program that will use the key, in 1 to 100 visible characters.'
    );
  end if;
  if coalesce(put_api_key.prefix, '') !~ '^agp_[A-Za-z0-9_-]{8}$' then
    perform dashboard.refuse(
      422, 'key_prefix_invalid', 'This is not the beginning of a key.',
      'Send agp_ and the eight characters that follow it.'
    );
  end if;
  if coalesce(cardinality(put_api_key.scopes), 0) = 0
    or not put_api_key.scopes <@ array['ingest', 'read', 'control']
  then
    perform dashboard.refuse(
      422, 'key_scopes_invalid', 'A key has one or more of the scopes ingest, read and control.',
      'Choose what the key may do.'
    );
  end if;

  -- two at a time must not both be the last that there is room for
  perform pg_advisory_xact_lock(hashtextextended('api_keys ' || put_api_key.tenant::text, 0));
  if (
    select count(*) >= most
    from dashboard.api_keys as other
    where other.tenant_id = put_api_key.tenant and other.revoked_at is null
  ) then
    perform dashboard.refuse(
      409, 'too_many_keys', 'The salon has as many keys as there may be.', 'Revoke one that is no longer used.'
    );
  end if;

  insert into dashboard.api_keys as known (tenant_id, name, prefix, key_hash, scopes, created_by)
  select
    put_api_key.tenant, btrim(put_api_key.name), put_api_key.prefix, hash,
    -- each once, and always in this order
    array(
      select one.scope
      from unnest(array['ingest', 'read', 'control']) with ordinality as one (scope, place)
      where one.scope = any(put_api_key.scopes)
      order by one.place
    ),
    put_api_key.creator
  on conflict on constraint api_keys_key_hash_key do nothing
  returning known.* into saved;
  if saved.key_id is null then
    perform dashboard.refuse(409, 'key_known', 'This key is there already.', 'Make a new one.');
  end if;
  return saved;
end
$$;

create function dashboard.create_api_key(request_id uuid, name text, prefix text, key_hash text, scopes text[])
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid;
  replay jsonb;
  saved dashboard.api_keys;
begin
  perform dashboard.require('tenant.configure');
  tenant := dashboard.require_tenant();
  replay := dashboard.begin_write(
    create_api_key.request_id, 'create_api_key',
    jsonb_build_object(
      'name', create_api_key.name, 'prefix', create_api_key.prefix, 'key_hash', create_api_key.key_hash,
      'scopes', create_api_key.scopes
    )
  );
  if replay is not null then
    return replay;
  end if;

  -- nobody hands on what they may not do themselves
  if ('read' = any(create_api_key.scopes) and not dashboard.allowed('runs.read'))
    or ('control' = any(create_api_key.scopes) and not dashboard.allowed('runs.control'))
  then
    perform dashboard.refuse(
      403, 'scope_not_allowed', 'You may not do yourself what this key could.',
      'Leave the scope out, or ask an owner of the salon to make the key.'
    );
  end if;
  saved := dashboard.put_api_key(
    tenant, create_api_key.name, create_api_key.prefix, create_api_key.key_hash, create_api_key.scopes,
    dashboard.current_user_id()
  );
  return dashboard.finish_write(
    create_api_key.request_id, tenant, 'key.created', saved.key_id::text,
    jsonb_build_object('name', saved.name, 'prefix', saved.prefix, 'scopes', saved.scopes), dashboard.key_row(saved)
  );
end
$$;
grant execute on function dashboard.create_api_key(uuid, text, text, text, text[]) to authenticated;

-- From now on the key opens nothing. Once more does no harm, and is on record once.
create function dashboard.revoke_api_key(request_id uuid, key_id uuid)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid;
  replay jsonb;
  known dashboard.api_keys;
begin
  perform dashboard.require('tenant.configure');
  tenant := dashboard.require_tenant();
  replay := dashboard.begin_write(
    revoke_api_key.request_id, 'revoke_api_key', jsonb_build_object('key_id', revoke_api_key.key_id)
  );
  if replay is not null then
    return replay;
  end if;

  select one.* into known
  from dashboard.api_keys as one
  where one.key_id = revoke_api_key.key_id and one.tenant_id = tenant
  for update;
  if not found then
    perform dashboard.refuse(
      404, 'key_not_found', 'There is no such key in this salon.', 'Look at the list again: it may have changed.'
    );
  end if;
  if known.revoked_at is not null then
    update dashboard.write_requests as request
    set response = dashboard.key_row(known)
    where request.request_id = revoke_api_key.request_id;
    return dashboard.key_row(known);
  end if;

  update dashboard.api_keys as one
  set revoked_at = now(), revoked_by = dashboard.current_user_id()
  where one.key_id = known.key_id
  returning one.* into known;
  return dashboard.finish_write(
    revoke_api_key.request_id, tenant, 'key.revoked', known.key_id::text,
    jsonb_build_object('name', known.name, 'prefix', known.prefix), dashboard.key_row(known)
  );
end
$$;
grant execute on function dashboard.revoke_api_key(uuid, uuid) to authenticated;

-- For who runs the migrations, and nobody else: no grant. `tenant` is the salon's id or its slug.
create function dashboard.issue_api_key(tenant text, name text, prefix text, key_hash text, scopes text[])
returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  salon uuid;
  saved dashboard.api_keys;
begin
  select profile.tenant_id into salon
  from dashboard.tenant_profiles as profile
  where profile.tenant_id = dashboard.uuid_or_null(issue_api_key.tenant) or profile.slug = issue_api_key.tenant
  order by profile.tenant_id = dashboard.uuid_or_null(issue_api_key.tenant) desc nulls last
  limit 1;
  if salon is null then
    perform dashboard.refuse(
      404, 'tenant_unknown', 'There is no salon with this id or slug.', 'Give the id or the slug of a salon.'
    );
  end if;
  saved := dashboard.put_api_key(
    salon, issue_api_key.name, issue_api_key.prefix, issue_api_key.key_hash, issue_api_key.scopes, null
  );
  perform dashboard.write_audit(
    salon, null, 'key.created', saved.key_id::text,
    jsonb_build_object('name', saved.name, 'prefix', saved.prefix, 'scopes', saved.scopes), null, null
  );
  return dashboard.key_row(saved);
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
