-- Filters of the list of dialogues that people keep for themselves, each in one salon.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

create table dashboard.saved_filters (
  filter_id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null,
  user_id uuid not null references dashboard.users (user_id) on delete cascade,
  name text not null check (length(name) between 1 and 60),
  -- the part of the list's address that asks for it: nothing but what an address may hold
  query text not null check (length(query) <= 4000 and query ~ '^[A-Za-z0-9._~%&=+*-]*$'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index saved_filters_name on dashboard.saved_filters (user_id, tenant_id, lower(name));
alter table dashboard.saved_filters enable row level security;

-- Nobody else's, not even for those who run the salon.
create policy own_filters_of_the_tenant on dashboard.saved_filters
for select to authenticated
using (
  user_id = (select dashboard.current_user_id()) and tenant_id = (select dashboard.current_tenant())
  and (select dashboard.allowed('dialogues.read'))
);
grant select (filter_id, tenant_id, user_id, name, query, updated_at) on dashboard.saved_filters to authenticated;

create view dashboard.my_saved_filters with (security_invoker = true, security_barrier = true) as
select filter_id, name, query, updated_at
from dashboard.saved_filters
where
  user_id = (select dashboard.current_user_id()) and tenant_id = (select dashboard.current_tenant())
  and (select dashboard.allowed('dialogues.read'));
grant select on dashboard.my_saved_filters to authenticated;

-- What the person had saved under this name (in whatever letters) is replaced.
create function dashboard.save_filter(request_id uuid, name text, query text)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  most constant integer := 50;
  person uuid := dashboard.current_user_id();
  tenant uuid;
  replay jsonb;
  saved dashboard.saved_filters;
  response jsonb;
begin
  perform dashboard.require('dialogues.read');
  tenant := dashboard.require_tenant();
  replay := dashboard.begin_write(
    save_filter.request_id, 'save_filter', jsonb_build_object('name', save_filter.name, 'query', save_filter.query)
  );
  if replay is not null then
    return replay;
  end if;

  if length(btrim(coalesce(save_filter.name, ''))) not between 1 and 60
    or dashboard.has_control_characters(save_filter.name) or save_filter.name !~ '[^\s\u00a0\u00ad\u200c\u200d]'
  then
    perform dashboard.refuse(
      422, 'filter_name_invalid', 'The name is empty, longer than 60 characters, or has control characters.',
      'Enter a name of 1 to 60 visible characters.'
    );
  end if;
  if coalesce(length(save_filter.query), 4001) > 4000 or save_filter.query !~ '^[A-Za-z0-9._~%&=+*-]*$' then
    perform dashboard.refuse(
      422, 'filter_query_invalid', 'This is no filter that can be saved.', 'Choose fewer values, and save it again.'
    );
  end if;
  -- two saves at a time must not both be the last that there is room for
  perform pg_advisory_xact_lock(hashtextextended('saved_filters ' || person::text, 0));
  if (
    select count(*) >= most
    from dashboard.saved_filters as other
    where other.user_id = person and other.tenant_id = tenant and lower(other.name) <> lower(btrim(save_filter.name))
  ) then
    perform dashboard.refuse(
      409, 'too_many_filters', 'You have saved as many filters as there may be.', 'Remove one that you no longer need.'
    );
  end if;

  insert into dashboard.saved_filters as known (tenant_id, user_id, name, query)
  values (tenant, person, btrim(save_filter.name), save_filter.query)
  on conflict (user_id, tenant_id, lower(known.name)) do update
  set name = excluded.name, query = excluded.query, updated_at = now()
  returning known.* into saved;
  response := to_jsonb(saved) - 'tenant_id' - 'user_id' - 'created_at';
  -- what a person looks for is on no record
  return dashboard.finish_write(
    save_filter.request_id, null, 'filter.saved', saved.filter_id::text, '{}', response
  );
end
$$;
grant execute on function dashboard.save_filter(uuid, text, text) to authenticated;

create function dashboard.remove_saved_filter(request_id uuid, filter_id uuid)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid;
  replay jsonb;
begin
  perform dashboard.require('dialogues.read');
  tenant := dashboard.require_tenant();
  replay := dashboard.begin_write(
    remove_saved_filter.request_id, 'remove_saved_filter',
    jsonb_build_object('filter_id', remove_saved_filter.filter_id)
  );
  if replay is not null then
    return replay;
  end if;

  delete from dashboard.saved_filters as known
  where known.filter_id = remove_saved_filter.filter_id and known.tenant_id = tenant
    and known.user_id = dashboard.current_user_id();
  if not found then
    perform dashboard.refuse(
      404, 'filter_not_found', 'There is no such filter among yours.', 'Reload the page and look again.'
    );
  end if;
  return dashboard.finish_write(
    remove_saved_filter.request_id, null, 'filter.removed', remove_saved_filter.filter_id::text, '{}',
    jsonb_build_object('filter_id', remove_saved_filter.filter_id)
  );
end
$$;
grant execute on function dashboard.remove_saved_filter(uuid, uuid) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
