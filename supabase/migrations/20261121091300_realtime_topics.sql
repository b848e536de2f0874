-- Who may listen to which Realtime topic: a tenant's people, and the panel itself, to `tenant:<tenant>:<stream>`.
--
-- Realtime asks the policies of realtime.messages when somebody joins a private topic. SELECT is to listen. INSERT
-- is to send, which no policy gives to anybody: bells are rung from inside the database.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- The tenant that a topic belongs to; null when it is not of our form. (Definer, as a policy runs with the rights of
-- whoever joins.)
create function dashboard.topic_tenant(topic text)
returns uuid
language sql immutable security definer
set search_path = ''
as $$
  select dashboard.uuid_or_null(substring(topic from '^tenant:([0-9a-f-]{36}):[a-z][a-z0-9_]{0,62}$'))
$$;

-- The tenant of a machine's token for the role dashboard_live. There is no person to check: the panel mints it, for
-- itself.
create function dashboard.live_tenant()
returns uuid
language sql stable security definer
set search_path = ''
as $$
  select dashboard.uuid_or_null(dashboard.claim('tenant_id'))
  where nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role' = 'dashboard_live'
$$;

grant execute on function dashboard.topic_tenant(text) to authenticated, dashboard_live;
grant execute on function dashboard.live_tenant() to dashboard_live;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;

-- realtime.messages is the platform's table, on which `postgres` may put policies. Where that is refused, everything
-- else still works, with a timer in place of the bell: so it is said loudly and stops nothing. `python -m migrate
-- --check` says it again, with the statements to run.
do $$
begin
  if to_regclass('realtime.messages') is null then
    raise warning 'there is no realtime.messages: pages will poll instead of being rung';
    return;
  end if;

  create policy dashboard_people_listen on realtime.messages
  for select to authenticated
  using (
    extension = 'broadcast'
    and (select dashboard.topic_tenant(realtime.topic())) = (select dashboard.current_tenant())
  );

  create policy dashboard_machines_listen on realtime.messages
  for select to dashboard_live
  using (
    extension = 'broadcast'
    and (select dashboard.topic_tenant(realtime.topic())) = (select dashboard.live_tenant())
  );

  grant usage on schema realtime to dashboard_live;
  grant select on realtime.messages to dashboard_live;
  begin
    -- Realtime has to become the role that a token names; where it connects as a superuser, it can anyway.
    if exists (select from pg_roles where rolname = 'supabase_realtime_admin') then
      grant dashboard_live to supabase_realtime_admin;
    end if;
  exception
    when insufficient_privilege then
      raise notice 'dashboard_live was not granted to supabase_realtime_admin: %', sqlerrm;
  end;
exception
  when insufficient_privilege then
    raise warning 'no policy could be put on realtime.messages (%): pages will poll instead of being rung', sqlerrm;
end
$$;
