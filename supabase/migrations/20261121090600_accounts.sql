-- Accounts at the door: the first admin, finding who signs in, passwords and one-time reset links. For dashboard_auth.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Table ---------------------------------------------------------------------------------------------------------------

create table dashboard.password_resets (
  token_hash bytea primary key check (length(token_hash) = 32),
  user_id uuid not null references dashboard.users (user_id) on delete cascade,
  issued_by uuid references dashboard.users (user_id) on delete set null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index password_resets_user_id on dashboard.password_resets (user_id);
create index password_resets_issued_by on dashboard.password_resets (issued_by);
create index password_resets_expires_at on dashboard.password_resets (expires_at);
alter table dashboard.password_resets enable row level security; -- no policy, no grant: for our own functions only

-- Inside --------------------------------------------------------------------------------------------------------------

-- Changes of who may do what go one after another: without that, two owners could take each other's role at the same
-- moment and leave the salon without one. They are rare, so that one lock for all is enough.
create function dashboard.lock_people()
returns void
language sql volatile
set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended('dashboard.people', 0))
$$;

-- Enough to recognise one's own address in the log, too little to harvest it.
create function dashboard.masked_email(email text)
returns text
language sql immutable
as $$
  select case
    when plain.line ~ '^[^@]+@[^@]+$' then left(plain.line, 1) || '***@' || split_part(plain.line, '@', 2)
    else '***'
  end
  from (select lower(dashboard.plain_line(email, 254)) as line) as plain
$$;

create function dashboard.set_password(user_id uuid, password_hash text)
returns void
language sql volatile
set search_path = ''
as $$
  update dashboard.users
  set password_hash = dashboard.checked_password_hash(set_password.password_hash),
      password_changed_at = now(),
      updated_at = now()
  where users.user_id = set_password.user_id;

  -- whoever else holds a link that was issued earlier must not be able to change it back
  delete from dashboard.password_resets as reset where reset.user_id = set_password.user_id and reset.used_at is null;
$$;

-- The first admin -----------------------------------------------------------------------------------------------------

create function dashboard.auth_has_users()
returns boolean
language sql stable security definer
set search_path = ''
as $$
  select exists (select from dashboard.users)
$$;
grant execute on function dashboard.auth_has_users() to dashboard_auth;

create function dashboard.auth_create_first_admin(email text, full_name text, password_hash text, address text)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  created uuid;
begin
  perform dashboard.lock_people();
  if dashboard.auth_has_users() then
    perform dashboard.refuse(409, 'already_set_up', 'The first administrator exists already.', 'Sign in instead.');
  end if;

  insert into dashboard.users (email, full_name, password_hash, password_changed_at)
  values (
    dashboard.checked_email(auth_create_first_admin.email), dashboard.checked_name(auth_create_first_admin.full_name),
    dashboard.checked_password_hash(auth_create_first_admin.password_hash), now()
  )
  returning users.user_id into created;
  insert into dashboard.memberships (user_id, tenant_id, role) values (created, null, 'platform_admin');

  perform dashboard.write_audit(
    null, created, 'first_admin.created', created::text, null, null, auth_create_first_admin.address
  );
  return dashboard.identity(created, null);
end
$$;
grant execute on function dashboard.auth_create_first_admin(text, text, text, text) to dashboard_auth;

-- Finding who signs in ------------------------------------------------------------------------------------------------

create function dashboard.auth_find_user(email text)
returns table (user_id uuid, password_hash text, is_active boolean)
language sql stable security definer
set search_path = ''
as $$
  select users.user_id, users.password_hash, users.is_active
  from dashboard.users
  where lower(users.email) = lower(btrim(auth_find_user.email))
$$;
grant execute on function dashboard.auth_find_user(text) to dashboard_auth;

-- For Supabase Auth: who is this signed-in user here? Linked by e-mail once and by id from then on, so that a later
-- change of the address over there takes no other account here. The caller has to make sure that the address is a
-- confirmed one.
create function dashboard.auth_link_user(auth_user_id uuid, email text)
returns uuid
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  known uuid;
begin
  select users.user_id into known from dashboard.users where users.auth_user_id = auth_link_user.auth_user_id;
  if found or auth_link_user.auth_user_id is null then
    return known;
  end if;

  update dashboard.users
  set auth_user_id = auth_link_user.auth_user_id, updated_at = now()
  where lower(users.email) = lower(btrim(auth_link_user.email)) and users.auth_user_id is null and users.is_active
  returning users.user_id into known;
  if found then
    perform dashboard.write_audit(
      dashboard.only_tenant(known), known, 'account.linked', known::text, null, null, null
    );
  end if;
  return known;
end
$$;
grant execute on function dashboard.auth_link_user(uuid, text) to dashboard_auth;

create function dashboard.auth_note_failure(email text, address text, reason text)
returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform dashboard.write_audit(
    null, null, 'sign_in_failed', dashboard.masked_email(auth_note_failure.email),
    jsonb_strip_nulls(jsonb_build_object('reason', dashboard.plain_line(reason, 40))), null, auth_note_failure.address
  );
end
$$;
grant execute on function dashboard.auth_note_failure(text, text, text) to dashboard_auth;

-- Passwords -----------------------------------------------------------------------------------------------------------

create function dashboard.auth_change_password(user_id uuid, password_hash text, keep_session text, address text)
returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform from dashboard.users where users.user_id = auth_change_password.user_id and users.is_active for update;
  if not found then
    perform dashboard.refuse(404, 'person_not_found', 'There is no such active account.', 'Sign in again.');
  end if;
  perform dashboard.set_password(auth_change_password.user_id, auth_change_password.password_hash);
  perform dashboard.end_sessions(
    auth_change_password.user_id, 'password_changed',
    case when keep_session is not null then dashboard.checked_hash(keep_session) end
  );
  perform dashboard.write_audit(
    dashboard.only_tenant(auth_change_password.user_id), auth_change_password.user_id, 'password.changed', null, null,
    null, auth_change_password.address
  );
end
$$;
grant execute on function dashboard.auth_change_password(uuid, text, text, text) to dashboard_auth;

-- For the page behind a link: whose password it would set and until when, without using it up.
create function dashboard.auth_peek_reset(token_hash text)
returns table (email text, expires_at timestamptz)
language sql stable security definer
set search_path = ''
as $$
  select users.email, reset.expires_at
  from dashboard.password_resets as reset
  inner join dashboard.users on users.user_id = reset.user_id
  where reset.token_hash = dashboard.checked_hash(auth_peek_reset.token_hash)
    and reset.used_at is null
    and reset.expires_at > now()
    and users.is_active
$$;
grant execute on function dashboard.auth_peek_reset(text) to dashboard_auth;

-- Works once: of two calls at the same time, the second finds the link used.
create function dashboard.auth_redeem_reset(token_hash text, password_hash text, address text)
returns uuid
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  person uuid;
begin
  update dashboard.password_resets as reset
  set used_at = now()
  from dashboard.users
  where reset.token_hash = dashboard.checked_hash(auth_redeem_reset.token_hash)
    and reset.used_at is null
    and reset.expires_at > now()
    and users.user_id = reset.user_id
    and users.is_active
  returning reset.user_id into person;
  if not found then
    perform dashboard.refuse(
      404, 'reset_link_invalid', 'This link was used, has expired, or was withdrawn.', 'Ask for a new link.'
    );
  end if;

  perform dashboard.set_password(person, auth_redeem_reset.password_hash);
  perform dashboard.end_sessions(person, 'password_reset');
  perform dashboard.write_audit(
    dashboard.only_tenant(person), person, 'password.reset', null, null, null, auth_redeem_reset.address
  );
  return person;
end
$$;
grant execute on function dashboard.auth_redeem_reset(text, text, text) to dashboard_auth;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
