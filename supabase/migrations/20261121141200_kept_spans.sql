-- Keeping the sums of spans, and none that is not as the runs in it are.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: the runs that began in a span, and the mark of them and of what was decided on the page for them.
create function dashboard.span_stands(
  tenant uuid, begins_at timestamptz, ends_at timestamptz, out runs bigint, out mark bigint
)
language sql stable
set search_path = ''
as $$
  select
    count(*),
    coalesce(
      bit_xor(
        dashboard.run_mark(run.run_id, run.last_seq)
        # coalesce(
          (
            select bit_xor(uuid_hash_extended(command.command_id, 0))
            from dashboard.bot_commands as command
            where command.run_id = run.run_id and command.event_id is not null
          ), 0
        )
      ), 0
    )
  from dashboard.runs as run
  where
    run.tenant_id = span_stands.tenant and run.started_at >= span_stands.begins_at
    and run.started_at < span_stands.ends_at
$$;

-- Inside: the days of each salon's calendar in which runs began, the hours of the last three, and the marks of all.
create or replace function dashboard.agent_spans_now()
returns table (tenant_id uuid, begins_at timestamptz, ends_at timestamptz, runs bigint, mark bigint)
language sql stable
set search_path = ''
as $$
  with told as materialized (
    select
      run.tenant_id, run.started_at, profile.time_zone,
      dashboard.run_mark(run.run_id, run.last_seq) # coalesce(decided.mark, 0) as mark
    from dashboard.runs as run
    inner join dashboard.tenant_profiles as profile on profile.tenant_id = run.tenant_id
    left join (
      select command.run_id, bit_xor(uuid_hash_extended(command.command_id, 0)) as mark
      from dashboard.bot_commands as command
      where command.event_id is not null
      group by command.run_id
    ) as decided on decided.run_id = run.run_id
  )
  select
    day.tenant_id, day.begins_at,
    ((day.begins_at at time zone day.time_zone)::date + 1)::timestamp at time zone day.time_zone,
    count(*), bit_xor(day.mark)
  from (
    select told.tenant_id, told.time_zone, told.mark, date_trunc('day', told.started_at, told.time_zone) as begins_at
    from told
  ) as day
  group by day.tenant_id, day.time_zone, day.begins_at
  union all
  select hour.tenant_id, hour.begins_at, hour.begins_at + interval '1 hour', count(*), bit_xor(hour.mark)
  from (
    select told.tenant_id, told.mark, date_trunc('hour', told.started_at, told.time_zone) as begins_at
    from told
    -- from the beginning of an hour on: a part of it would never have the mark of the whole
    where told.started_at >= date_trunc('hour', now() - interval '3 days', told.time_zone)
  ) as hour
  group by hour.tenant_id, hour.begins_at
$$;

-- Counts spans that are over for a quarter of an hour and not kept, or not as they are now: at most so many, newest
-- first, of all salons. Says how many of them are kept then. What is kept of spans that are none any more is removed.
--
-- Whoever changes a run has to find what is kept of its span, to forget it (see `forget_spans_of_run`). So nobody may
-- append to a salon, or decide there, from the last look at its runs until the spans are there: that is short, as
-- nothing but marks is looked at. A span that has changed since it was counted waits for the next time.
create or replace function dashboard.collect_agent_spans(at_most integer default 20)
returns integer
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  missing dashboard.agent_spans[];
  outdated dashboard.agent_spans[];
  counted dashboard.agent_spans[] := '{}';
  span dashboard.agent_spans;
  salon uuid;
  kept integer;
begin
  perform pg_advisory_xact_lock(hashtextextended('dashboard.agent_spans', 0));
  with found as materialized (
    select * from dashboard.agent_spans_now()
  )
  select
    array(
      select row(new.tenant_id, new.begins_at, new.ends_at, 0, 0, '{}', now(), '{}')::dashboard.agent_spans
      from found as new
      left join dashboard.agent_spans as known
        on known.tenant_id = new.tenant_id and known.begins_at = new.begins_at and known.ends_at = new.ends_at
        and known.runs = new.runs and known.mark = new.mark
      where new.ends_at <= now() - interval '15 minutes' and known.tenant_id is null
      order by new.begins_at desc, new.tenant_id
      limit greatest(at_most, 0)
    ),
    array(
      select row(old.tenant_id, old.begins_at, old.ends_at, 0, 0, '{}', now(), '{}')::dashboard.agent_spans
      from dashboard.agent_spans as old
      where (old.tenant_id, old.begins_at, old.ends_at) not in (
        select new.tenant_id, new.begins_at, new.ends_at from found as new
      )
    )
  into missing, outdated;

  foreach span in array missing loop
    -- one statement: the mark is of the same moment as what is counted
    select
      stands.runs, stands.mark,
      array(
        select of_calls.sums
        from dashboard.count_calls(span.tenant_id, array[span.begins_at], array[span.ends_at]) as of_calls
      ),
      array(
        select of_runs.sums
        from dashboard.count_runs(span.tenant_id, array[span.begins_at], array[span.ends_at]) as of_runs
      )
    into span.runs, span.mark, span.calls, span.run_sums
    from dashboard.span_stands(span.tenant_id, span.begins_at, span.ends_at) as stands;
    counted := counted || span;
  end loop;

  for salon in
    select distinct one.tenant_id from unnest(missing || outdated) as one order by one.tenant_id
  loop
    perform from dashboard.event_streams as stream where stream.tenant_id = salon for update;
    perform dashboard.lock_commands(salon);
  end loop;
  delete from dashboard.agent_spans as known
  using unnest(missing || outdated) as old
  where known.tenant_id = old.tenant_id and known.begins_at = old.begins_at and known.ends_at = old.ends_at;
  insert into dashboard.agent_spans (tenant_id, begins_at, ends_at, runs, mark, calls, run_sums)
  select new.tenant_id, new.begins_at, new.ends_at, new.runs, new.mark, new.calls, new.run_sums
  from unnest(counted) as new
  cross join lateral dashboard.span_stands(new.tenant_id, new.begins_at, new.ends_at) as stands
  where stands.runs = new.runs and stands.mark = new.mark;
  get diagnostics kept = row_count;
  return kept;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
