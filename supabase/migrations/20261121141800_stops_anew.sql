-- A stop that was taken and not obeyed keeps nobody from stopping once more: else an agent that dies with it in its
-- hands could not be stopped for a day, nor all of a salon's.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: the stop that is on its way to an agent; of all runs, where none is named. Null where there is none, and
-- where it was taken more than a minute ago and is not handed out again.
create or replace function dashboard.open_stop(tenant uuid, run_id uuid)
returns dashboard.bot_commands
language sql stable
set search_path = ''
as $$
  select command
  from dashboard.bot_commands as command
  where
    command.tenant_id = tenant and command.run_id is not distinct from open_stop.run_id
    and command.kind in ('stop', 'stop_all')
    and (
      command.status = 'queued'
      or command.status in ('sent', 'received') and (
        command.next_attempt_at > now()
        or greatest(command.sent_at, command.received_at) > now() - interval '1 minute'
      )
    )
  order by command.created_at desc
  limit 1
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
