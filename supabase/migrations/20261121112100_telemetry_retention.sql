-- Removing what agents told when its time is over: each salon's by its own rules, in small batches.
--
-- First runs go, of which no page tells then; then whole weeks of events, if no salon has a run in them any more; then
-- the events of the rest, row by row. All of it may be broken off and repeated at any point.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Up to which of its events a run has lost what was said, given and returned.
alter table dashboard.runs add column prompts_removed_to integer not null default 0;

-- Runs that are gone, as long as events of theirs are not.
create table dashboard.expired_runs (
  run_day date not null,
  run_id uuid not null,
  tenant_id uuid not null,
  primary key (run_day, run_id)
);
alter table dashboard.expired_runs enable row level security; -- no policy, no grant: for our own functions only

-- Inside: when the newest event of a run came; null where it has none.
create function dashboard.last_heard(run dashboard.runs)
returns timestamptz
language sql stable
as $$
  select event.received_at
  from dashboard.events as event
  where event.run_day = run.run_day and event.run_id = run.run_id and event.seq = run.last_seq
$$;

-- Removes at most `batch` runs of which nothing was heard for as long as their salons keep events, and says how many
-- those were.
create function dashboard.expire_runs(batch integer)
returns integer
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  today date := (now() at time zone 'utc')::date;
  -- what no salon keeps is found without looking at the rules of each
  shortest integer := least(90, (select min(rules.event_days) from dashboard.telemetry_rules as rules));
  over uuid[];
  removed integer;
begin
  over := array(
    select run.run_id
    from dashboard.runs as run
    left join dashboard.telemetry_rules as rules on rules.tenant_id = run.tenant_id
    where
      run.run_day < today - shortest and run.run_day < today - coalesce(rules.event_days, 90)
      and coalesce(dashboard.last_heard(run), '-infinity') < now() - coalesce(rules.event_days, 90) * interval '1 day'
    order by run.run_day, run.run_id
    limit greatest(batch, 0)
  );
  -- nobody appends to them meanwhile; in one order, so that two of us cannot wait for each other
  perform
  from dashboard.event_streams as stream
  where stream.tenant_id in (select run.tenant_id from dashboard.runs as run where run.run_id = any(over))
  order by stream.tenant_id
  for update;

  with gone as (
    delete from dashboard.runs as run
    using (select ended.run_id from unnest(over) as ended (run_id)) as ended
    where
      run.run_id = ended.run_id
      and coalesce(dashboard.last_heard(run), '-infinity') < now() - coalesce(
        (select rules.event_days from dashboard.telemetry_rules as rules where rules.tenant_id = run.tenant_id), 90
      ) * interval '1 day'
    returning run.run_day, run.run_id, run.tenant_id
  ),
  traces as (
    delete from dashboard.run_traces as trace
    using gone
    where trace.run_id = gone.run_id
  )
  insert into dashboard.expired_runs (run_day, run_id, tenant_id)
  select gone.run_day, gone.run_id, gone.tenant_id from gone
  on conflict do nothing;
  get diagnostics removed = row_count;
  return removed;
end
$$;
grant execute on function dashboard.expire_runs(integer) to dashboard_worker;

-- Drops the weeks that are over and have no run any more, and says how many those were. One that somebody is reading is
-- left for the next time: everybody else would have to wait behind us.
create function dashboard.drop_event_partitions()
returns integer
language plpgsql volatile security definer
set search_path = '' set lock_timeout = '300ms'
as $$
declare
  week date;
  dropped integer := 0;
begin
  for week in
    select substr(part.relname, 8)::date
    from pg_catalog.pg_inherits as tree
    inner join pg_catalog.pg_class as part on part.oid = tree.inhrelid
    where tree.inhparent = 'dashboard.events'::regclass and part.relname ~ '^events_[0-9]{8}$'
    order by part.relname
  loop
    -- a day of slack: what was appended just before midnight may not be committed yet
    continue when week + 8 > (now() at time zone 'utc')::date
      or exists (select from dashboard.runs as run where run.run_day >= week and run.run_day < week + 7);
    begin
      execute format('drop table dashboard.%I', 'events_' || to_char(week, 'YYYYMMDD'));
      execute format('drop table if exists dashboard.%I', 'event_payloads_' || to_char(week, 'YYYYMMDD'));
      delete from dashboard.expired_runs as run where run.run_day >= week and run.run_day < week + 7;
      dropped := dropped + 1;
    exception when lock_not_available then
      return dropped;
    end;
  end loop;
  return dropped;
end
$$;
grant execute on function dashboard.drop_event_partitions() to dashboard_worker;

-- Inside: removes what was said, given and returned from at most `batch` events of a run, from the next one on, that
-- came before `heard_before`; says how many it looked at.
create function dashboard.remove_prompts(run dashboard.runs, heard_before timestamptz, batch integer)
returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  of_prompts constant text[] := array['prompt', 'answer', 'arguments', 'result', 'input', 'attributes'];
  done integer := run.prompts_removed_to;
  up_to integer := least(done + batch, coalesce(
    (
      select min(event.seq) - 1
      from dashboard.events as event
      where
        event.run_day = run.run_day and event.run_id = run.run_id and event.seq > done
        and event.seq <= done + batch and event.received_at >= heard_before
    ),
    run.last_seq
  ));
begin
  delete from dashboard.event_payloads as kept
  where
    kept.run_day = run.run_day and kept.run_id = run.run_id and kept.seq > done and kept.seq <= up_to
    and (kept.payload::jsonb - of_prompts) = '{}';
  update dashboard.event_payloads as kept
  set payload = (kept.payload::jsonb - of_prompts)::json
  where
    kept.run_day = run.run_day and kept.run_id = run.run_id and kept.seq > done and kept.seq <= up_to
    and kept.payload::jsonb ?| of_prompts;
  update dashboard.events as event
  set has_payload = false, summary = null
  where
    event.run_day = run.run_day and event.run_id = run.run_id and event.seq > done and event.seq <= up_to
    and (event.has_payload or event.summary is not null);
  update dashboard.runs as known
  set prompts_removed_to = up_to
  where known.run_id = run.run_id;
  return up_to - done;
end
$$;

-- Removes, of each kind, about `batch` rows at most: events of runs that are gone, prompts that are over their time,
-- and the order of what was appended more than 7 days ago, to which no reader comes back. To be called again until
-- there is nothing to remove.
create function dashboard.purge_events(batch integer)
returns table (table_name text, removed bigint)
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  today date := (now() at time zone 'utc')::date;
  shortest integer := least(30, (select min(rules.prompt_days) from dashboard.telemetry_rules as rules));
  budget integer := greatest(batch, 0);
  removed_events bigint := 0;
  removed_payloads bigint := 0;
  emptied bigint := 0;
  rows_gone bigint;
  gone dashboard.expired_runs;
  old record;
begin
  for gone in
    select * from dashboard.expired_runs order by run_day, run_id limit 200 for update skip locked
  loop
    exit when removed_events >= budget;
    delete from dashboard.event_payloads as kept
    where kept.run_day = gone.run_day and kept.run_id = gone.run_id and kept.seq in (
      select piece.seq
      from dashboard.event_payloads as piece
      where piece.run_day = gone.run_day and piece.run_id = gone.run_id
      order by piece.seq
      limit budget
    );
    get diagnostics rows_gone = row_count;
    removed_payloads := removed_payloads + rows_gone;
    delete from dashboard.events as event
    where event.run_day = gone.run_day and event.run_id = gone.run_id and event.seq in (
      select piece.seq
      from dashboard.events as piece
      where piece.run_day = gone.run_day and piece.run_id = gone.run_id
      order by piece.seq
      limit budget
    );
    get diagnostics rows_gone = row_count;
    removed_events := removed_events + rows_gone;
    if rows_gone < budget then
      delete from dashboard.expired_runs as run where run.run_day = gone.run_day and run.run_id = gone.run_id;
    end if;
  end loop;

  for old in
    select run, now() - coalesce(rules.prompt_days, 30) * interval '1 day' as heard_before
    from dashboard.runs as run
    left join dashboard.telemetry_rules as rules on rules.tenant_id = run.tenant_id
    where
      run.run_day < today - shortest and run.run_day < today - coalesce(rules.prompt_days, 30)
      and run.prompts_removed_to < run.last_seq
      and exists (
        select
        from dashboard.events as event
        where
          event.run_day = run.run_day and event.run_id = run.run_id and event.seq = run.prompts_removed_to + 1
          and event.received_at < now() - coalesce(rules.prompt_days, 30) * interval '1 day'
      )
    order by run.run_day, run.run_id
    limit 200
  loop
    exit when emptied >= budget;
    emptied := emptied + dashboard.remove_prompts(old.run, old.heard_before, budget);
  end loop;

  with passed as (
    delete from dashboard.event_batches as stretch
    where (stretch.tenant_id, stretch.position) in (
      select known.tenant_id, known.position
      from dashboard.event_batches as known
      where known.appended_at < now() - interval '7 days'
      order by known.appended_at, known.position
      limit budget
    )
    returning 1
  )
  select count(*) into rows_gone from passed;

  return query values
    ('events', removed_events), ('event_payloads', removed_payloads), ('prompts', emptied),
    ('event_batches', rows_gone);
end
$$;
grant execute on function dashboard.purge_events(integer) to dashboard_worker;

-- Inside: the partition of a week, unless it is there; says whether it was made. What came for it before that, to the
-- last resort, goes into it.
create function dashboard.make_event_partition(parent text, week date)
returns boolean
language plpgsql volatile
set search_path = ''
as $$
declare
  name text := format('%s_%s', parent, to_char(week, 'YYYYMMDD'));
begin
  if to_regclass('dashboard.' || name) is not null then
    return false;
  end if;
  -- what comes meanwhile waits, and finds its place
  execute format('lock table dashboard.%I in access exclusive mode', parent || '_default');
  execute format('create table dashboard.%I (like dashboard.%I including defaults including constraints)', name, parent);
  execute format('alter table dashboard.%I enable row level security', name);
  execute format(
    'with moved as (delete from dashboard.%I as event where event.run_day >= $1 and event.run_day < $1 + 7 returning *)
    insert into dashboard.%I select * from moved', parent || '_default', name
  ) using week;
  execute format(
    'alter table dashboard.%I attach partition dashboard.%I for values from (%L) to (%L)', parent, name, week, week + 7
  );
  return true;
end
$$;

-- Makes the partitions of weeks up to `weeks` ahead, beginning with the week of `from_day`, and says how many tables
-- those were. Nobody waits for it longer than a moment: what it could not get at is made the next time.
create or replace function dashboard.ensure_event_partitions(weeks integer default 8, from_day date default null)
returns integer
language plpgsql volatile security definer
set search_path = '' set lock_timeout = '1s'
as $$
declare
  first_week date := date_trunc('week', coalesce(from_day, (now() at time zone 'utc')::date))::date;
  week date;
  parent text;
  made integer := 0;
begin
  foreach parent in array array['events', 'event_payloads'] loop
    for week in
      select generate_series(first_week, first_week + 7 * least(greatest(weeks, 0), 520), interval '7 days')::date
    loop
      made := made + dashboard.make_event_partition(parent, week)::integer;
    end loop;
  end loop;
  return made;
exception when lock_not_available then
  return 0;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
