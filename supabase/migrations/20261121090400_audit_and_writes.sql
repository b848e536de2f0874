-- The audit log, and the one shape of every write: done once, and on record.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Audit log -----------------------------------------------------------------------------------------------------------

create table dashboard.audit_log (
  audit_id bigint generated always as identity primary key,
  -- null: concerns no salon, or a person who belongs to several, none of which may learn of the others
  tenant_id uuid,
  actor_id uuid,
  -- the name at that moment: it has to outlive the membership of whoever did it
  actor_name text,
  action text not null,
  subject text,
  details jsonb not null default '{}' check (jsonb_typeof(details) = 'object'),
  request_id uuid,
  address text,
  occurred_at timestamptz not null default now()
);
create index audit_log_tenant_id on dashboard.audit_log (tenant_id, audit_id desc);

alter table dashboard.audit_log enable row level security;

create policy entries_of_the_tenant on dashboard.audit_log
for select to authenticated
using (tenant_id = (select dashboard.current_tenant()) and (select dashboard.allowed('audit.read')));

create policy entries_of_the_platform on dashboard.audit_log
for select to authenticated
using (tenant_id is null and (select dashboard.allowed('platform.manage')));

grant select (audit_id, tenant_id, actor_id, actor_name, action, subject, details, address, occurred_at)
on dashboard.audit_log to authenticated;

create view dashboard.audit_entries with (security_invoker = true, security_barrier = true) as
select audit_id, actor_id, actor_name, action, subject, details, address, occurred_at
from dashboard.audit_log
where
  (tenant_id = (select dashboard.current_tenant()) and (select dashboard.allowed('audit.read')))
  or (tenant_id is null and (select dashboard.allowed('platform.manage')));
grant select on dashboard.audit_entries to authenticated;

create function dashboard.write_audit(
  tenant_id uuid, actor_id uuid, action text, subject text, details jsonb, request_id uuid, address text
)
returns void
language sql volatile
set search_path = ''
as $$
  insert into dashboard.audit_log (tenant_id, actor_id, actor_name, action, subject, details, request_id, address)
  select
    write_audit.tenant_id,
    write_audit.actor_id,
    coalesce(
      (
        select membership.known_as
        from dashboard.memberships as membership
        where membership.user_id = write_audit.actor_id and membership.tenant_id = write_audit.tenant_id
      ),
      (select users.full_name from dashboard.users where users.user_id = write_audit.actor_id)
    ),
    write_audit.action,
    write_audit.subject,
    coalesce(write_audit.details, '{}'),
    write_audit.request_id,
    dashboard.plain_line(write_audit.address, 64)
$$;

-- Writes that happen once ---------------------------------------------------------------------------------------------

create table dashboard.write_requests (
  request_id uuid primary key,
  function_name text not null,
  actor_id uuid not null references dashboard.users (user_id) on delete cascade,
  -- a hash, as arguments may be private
  arguments_hash bytea not null,
  -- null only inside the transaction that does the work
  response jsonb,
  created_at timestamptz not null default now()
);
create index write_requests_created_at on dashboard.write_requests (created_at);
create index write_requests_actor_id on dashboard.write_requests (actor_id);
alter table dashboard.write_requests enable row level security; -- no policy, no grant: for our own functions only

-- Returns null when the work is to be done now, and the stored response when this very request was done before.
-- Of two calls at the same time, the second waits in the insert until the first has committed, then finds its response
-- (or, had the first failed, does the work itself: a refused request leaves nothing behind and may be sent again).
--   replay := dashboard.begin_write(request_id, 'name', jsonb_build_object(…));
--   if replay is not null then return replay; end if;
--   …
--   return dashboard.finish_write(request_id, tenant, 'thing.done', subject, details, response);
create function dashboard.begin_write(request_id uuid, function_name text, arguments jsonb)
returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  actor uuid := dashboard.current_user_id();
  fingerprint bytea := sha256(convert_to(
    jsonb_build_object('tenant', dashboard.current_tenant(), 'arguments', begin_write.arguments)::text, 'UTF8'
  ));
  earlier dashboard.write_requests;
begin
  if actor is null then
    perform dashboard.refuse(403, 'not_allowed', 'This token names no active person.', 'Sign in again.');
  end if;
  if begin_write.request_id is null then
    perform dashboard.refuse(
      422, 'request_id_missing', 'A write needs a request id.', 'Send a new UUID with every new request.'
    );
  end if;

  insert into dashboard.write_requests (request_id, function_name, actor_id, arguments_hash)
  values (begin_write.request_id, begin_write.function_name, actor, fingerprint)
  on conflict on constraint write_requests_pkey do nothing;
  if found then
    return null;
  end if;

  select * into strict earlier from dashboard.write_requests as request where request.request_id = begin_write.request_id;
  if (earlier.function_name, earlier.actor_id, earlier.arguments_hash)
    is distinct from (begin_write.function_name, actor, fingerprint)
  then
    perform dashboard.refuse(
      409, 'request_id_reused', 'This request id was used for another request.', 'Send a new UUID with every new request.'
    );
  end if;
  return earlier.response;
end
$$;

create function dashboard.finish_write(
  request_id uuid, tenant_id uuid, action text, subject text, details jsonb, response jsonb
)
returns jsonb
language plpgsql volatile
set search_path = ''
as $$
begin
  perform dashboard.write_audit(
    finish_write.tenant_id, dashboard.current_user_id(), finish_write.action, finish_write.subject,
    finish_write.details, finish_write.request_id, null
  );
  update dashboard.write_requests as request
  set response = finish_write.response
  where request.request_id = finish_write.request_id;
  return finish_write.response;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
