-- Whether a partition has statistics is asked for at each append to a long run, so it is asked of what stands in memory
-- instead of the catalogue's widest view.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: gives the partition of a day its first statistics once a run in it is long. Until somebody has looked, a plan
-- may read such a run from its beginning for each event; autovacuum comes after a minute, and may only tidy up, or look
-- before anything is committed. The counters begin again after a crash: then a partition is looked at once more.
create or replace function dashboard.look_at_partition(day date, grown uuid[])
returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  long_run uuid;
  length bigint;
  part regclass;
begin
  select run.run_id, run.last_seq into long_run, length
  from dashboard.runs as run
  where run.run_id = any(grown) and run.last_seq >= 500
  limit 1;
  if long_run is null then
    return;
  end if;
  select event.tableoid into part
  from dashboard.events as event
  where event.run_day = look_at_partition.day and event.run_id = long_run and event.seq = length;
  if
    pg_catalog.pg_stat_get_analyze_count(part) + pg_catalog.pg_stat_get_autoanalyze_count(part) = 0
    or (select known.reltuples <= 0 from pg_catalog.pg_class as known where known.oid = part)
  then
    execute format('analyze (skip_locked) %s', part);
  end if;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
