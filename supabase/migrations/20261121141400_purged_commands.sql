-- Removing commands of no run when their time is over: those of a run go with it (`drop_commands`).

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Removes at most `batch` commands that are over, that are of all runs or of one that is gone, and of which nothing was
-- heard for as long as their salons keep events. Says how many those were; to be called again until there are none.
create function dashboard.purge_commands(batch integer)
returns integer
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  removed integer;
begin
  delete from dashboard.bot_commands as command
  where command.command_id in (
    select old.command_id
    from dashboard.bot_commands as old
    left join dashboard.telemetry_rules as rules on rules.tenant_id = old.tenant_id
    where
      old.status in ('done', 'failed', 'expired', 'dead')
      and coalesce(old.finished_at, old.created_at) < now() - coalesce(rules.event_days, 90) * interval '1 day'
      and not exists (select from dashboard.runs as run where run.run_id = old.run_id)
    order by old.command_id
    limit greatest(batch, 0)
    for update of old skip locked
  );
  get diagnostics removed = row_count;
  return removed;
end
$$;
grant execute on function dashboard.purge_commands(integer) to dashboard_worker;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
