-- How commands stand, for those who watch the panel.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

create index bot_commands_finished_at on dashboard.bot_commands (finished_at) where finished_at is not null;

-- How many commands of all salons are under way, and how many have ended within a day, by their status.
create function dashboard.command_counts()
returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(stands.status, stands.commands), '{}')
  from (
    select command.status, count(*) as commands
    from dashboard.bot_commands as command
    where
      command.status in ('queued', 'sent', 'received')
      or command.status in ('done', 'failed', 'expired', 'dead') and command.finished_at > now() - interval '1 day'
    group by command.status
  ) as stands
$$;
grant execute on function dashboard.command_counts() to dashboard_worker;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
