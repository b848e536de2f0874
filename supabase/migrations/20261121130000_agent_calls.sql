-- What agents' calls come to: how many, how long they took, what they cost, by agent, model and tool.
--
-- A call counts for the time in which its run began. Spans that are over are counted once and kept (`agent_spans`):
-- days, and hours of the last three. With each goes a mark of the runs that it was counted from: their ids, and how
-- many events each had. Whoever reads a span makes the mark anew from the runs, and counts the span where the two
-- differ: what is kept may be behind, but is not taken for what is. Events do not change: nothing else can differ.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Sums of the calls of one kind: 'model' (a name is a model), 'tool' (of all agents), or 'approval' (requests; a name
-- is how they were answered: 'approved', 'rejected', 'unclear', or 'open'). How long they took is told as a histogram.
-- Those of all model calls of a span are there once more, as 'timed': to add up those of every agent and model takes as
-- long as all the rest.
create type dashboard.call_sums as (
  kind text,
  agent text,
  name text,
  currency text,
  calls bigint,
  failures bigint,
  tokens_input bigint,
  tokens_output bigint,
  tokens_cached bigint,
  tokens_reasoning bigint,
  -- calls that do not tell their tokens, and those whose price is not known
  unmetered_calls bigint,
  cost numeric,
  unpriced_calls bigint,
  longest_ms float8,
  buckets smallint [],
  bucket_calls integer []
);

create table dashboard.agent_spans (
  tenant_id uuid not null,
  begins_at timestamptz not null,
  ends_at timestamptz not null,
  runs integer not null,
  mark bigint not null,
  calls dashboard.call_sums[] not null,
  collected_at timestamptz not null default now(),
  primary key (tenant_id, begins_at, ends_at)
);
alter table dashboard.agent_spans enable row level security; -- no policy, no grant: for our own functions only

-- A time's place in a histogram: each bucket reaches 5 % further than the one before, so that what is read out of it is
-- within 2.5 %. Up to one millisecond it is 0, from a day on always the same.
create function dashboard.time_bucket(milliseconds float8)
returns smallint
language sql immutable
as $$
  select case
    when milliseconds <= 1 then 0
    when milliseconds > 1 then ceil(ln(least(milliseconds, 86400000)) / ln(1.05::float8))
  end::smallint
$$;

-- What a bucket stands for: its middle, to four digits.
create function dashboard.bucket_ms(bucket integer)
returns numeric
language sql immutable
as $$
  select case
    when bucket = 0 then 1
    else round((1.05::float8 ^ (bucket - 0.5))::numeric, greatest(0, 3 - floor((bucket - 0.5) * log(1.05))::integer))
  end
$$;

-- How a person has answered, as the agent was told: 'approved', 'rejected', or null where the words are not known.
create function dashboard.answer_meant(answer jsonb, depth integer default 0)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  word text;
  name text;
begin
  case jsonb_typeof(answer)
    when 'boolean' then return case when answer::boolean then 'approved' else 'rejected' end;
    when 'string' then
      word := lower(btrim(left(answer #>> '{}', 40)));
      return case
        when word in ('approve', 'approved', 'accept', 'accepted', 'allow', 'allowed', 'yes', 'ok', 'true', 'edit')
          then 'approved'
        when word in ('reject', 'rejected', 'deny', 'denied', 'decline', 'declined', 'no', 'false', 'ignore')
          then 'rejected'
      end;
    when 'array' then return case when depth < 3 then dashboard.answer_meant(answer -> 0, depth + 1) end;
    when 'object' then
      foreach name in array array['approved', 'decision', 'decisions', 'answer', 'action', 'type', 'result'] loop
        if answer ? name and depth < 3 then
          return dashboard.answer_meant(answer -> name, depth + 1);
        end if;
      end loop;
      return null;
    else return null;
  end case;
end
$$;

-- Inside: the calls of the runs that began in each of these spans, which follow one another. Read from the events. A
-- model call that others are told of inside is not counted, as in the totals of runs.
--
-- Steps are joined by hashing only (`enable_nestloop`): a planner that takes a hundred thousand of them for one would
-- loop over all for each. What is looked up for each run stands in a subquery of its own, which has no other way. The
-- plan is kept: to plan anew over all partitions takes longer than to count an hour.
create function dashboard.count_calls(tenant uuid, begin_ats timestamptz[], end_ats timestamptz[])
returns table (span integer, sums dashboard.call_sums)
language plpgsql stable
set search_path = ''
set work_mem = '64MB'
set enable_nestloop = off
set enable_sort = off
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  with step as materialized (
    select
      asked.number::integer as of_span, run.run_id, run.run_day, run.agent, run.currency as of_currency, event.*
    from unnest(begin_ats, end_ats) with ordinality as asked (begins_at, ends_at, number)
    cross join lateral (
      select known.run_id, known.run_day, known.agent, known.currency
      from dashboard.runs as known
      where known.tenant_id = tenant and known.started_at >= asked.begins_at and known.started_at < asked.ends_at
      offset 0
    ) as run
    cross join lateral (
      select
        told.seq, told.step_id, told.parent_id, told.kind, told.phase, told.status, told.name, told.model, told.at,
        told.ended_at, told.cost, told.currency, told.tokens_input, told.tokens_output, told.tokens_cache_read,
        told.tokens_reasoning
      from dashboard.events as told
      where
        told.run_day = run.run_day and told.run_id = run.run_id
        and told.kind in ('model_call', 'tool_call', 'approval_request', 'approval_decision')
      offset 0
    ) as event
  ),
  -- some emitters tell of a step twice, when it begins and when it ends
  begun as (
    select step.run_id, step.step_id, min(step.at) as at
    from step
    where step.phase = 'begun'
    group by step.run_id, step.step_id
  ),
  calling as (
    select distinct step.run_id, step.parent_id
    from step
    where step.kind = 'model_call' and step.phase = 'ended' and step.parent_id is not null
  ),
  -- a request is answered by what is decided next in its run: both have as many decisions after them
  asking as (
    select
      step.of_span, step.run_id, step.at, step.kind,
      case when step.kind = 'approval_decision' then (
        select dashboard.answer_meant(
          coalesce(kept.payload -> 'result', kept.payload -> 'arguments', kept.payload -> 'input')::jsonb
        )
        from dashboard.event_payloads as kept
        where kept.run_day = step.run_day and kept.run_id = step.run_id and kept.seq = step.seq
      ) end as meant,
      count(*) filter (where step.kind = 'approval_decision') over (
        partition by step.run_id order by step.at desc, step.kind asc, step.seq desc
      ) as to_come
    from step
    where
      step.kind = 'approval_request' and step.phase <> 'ended'
      or step.kind = 'approval_decision' and step.phase <> 'begun'
  ),
  answered as (
    select
      asking.of_span, asking.kind, asking.at as asked_at,
      max(asking.at) filter (where asking.kind = 'approval_decision') over of_answer as at,
      max(asking.meant) filter (where asking.kind = 'approval_decision') over of_answer as meant
    from asking
    window of_answer as (partition by asking.run_id, asking.to_come)
  ),
  done as (
    select
      step.of_span,
      case step.kind when 'model_call' then 'model' else 'tool' end as kind,
      case when step.kind = 'model_call' then step.agent end as agent,
      case when step.kind = 'model_call' then step.model else step.name end as name,
      case when step.kind = 'model_call' then step.of_currency end as currency,
      step.status = 'error' as has_failed,
      step.tokens_input, step.tokens_output, step.tokens_cache_read, step.tokens_reasoning,
      step.kind = 'model_call' and step.tokens_input is null and step.tokens_output is null as is_unmetered,
      case when step.currency = step.of_currency then step.cost end as cost,
      step.kind = 'model_call' and (step.cost is null or step.currency <> step.of_currency) as is_unpriced,
      -- how long it took is known of what tells both, a beginning and an end
      nullif(
        date_part('epoch', coalesce(step.ended_at, step.at) - least(begun.at, step.at)) * 1000, 0
      ) as took_ms
    from step
    left join begun on begun.run_id = step.run_id and begun.step_id = step.step_id
    left join calling
      on step.kind = 'model_call' and calling.run_id = step.run_id and calling.parent_id = step.step_id
    where
      step.kind = 'tool_call' and step.phase <> 'begun'
      or step.kind = 'model_call' and step.phase = 'ended' and calling.run_id is null
    union all
    select
      answered.of_span, 'approval', null,
      case when answered.at is null then 'open' else coalesce(answered.meant, 'unclear') end,
      null, false, null, null, null, null, false, null, false,
      date_part('epoch', answered.at - answered.asked_at) * 1000
    from answered
    where answered.kind = 'approval_request'
  ),
  placed as materialized (
    select
      done.of_span, done.kind, done.agent, done.name, done.currency, dashboard.time_bucket(done.took_ms) as bucket,
      count(*) as calls,
      count(*) filter (where done.has_failed) as failures,
      sum(done.tokens_input) as tokens_input,
      sum(done.tokens_output) as tokens_output,
      sum(done.tokens_cache_read) as tokens_cached,
      sum(done.tokens_reasoning) as tokens_reasoning,
      count(*) filter (where done.is_unmetered) as unmetered_calls,
      sum(done.cost) as cost,
      count(*) filter (where done.is_unpriced) as unpriced_calls,
      max(done.took_ms) as longest_ms
    from done
    group by done.of_span, done.kind, done.agent, done.name, done.currency, bucket
  )
  select
    placed.of_span,
    (
      placed.kind, placed.agent, placed.name, placed.currency, sum(placed.calls), sum(placed.failures),
      sum(placed.tokens_input), sum(placed.tokens_output), sum(placed.tokens_cached), sum(placed.tokens_reasoning),
      sum(placed.unmetered_calls), sum(placed.cost), sum(placed.unpriced_calls), max(placed.longest_ms),
      coalesce(array_agg(placed.bucket) filter (where placed.bucket is not null), '{}'),
      coalesce(array_agg(placed.calls) filter (where placed.bucket is not null), '{}')
    )::dashboard.call_sums
  from placed
  group by placed.of_span, placed.kind, placed.agent, placed.name, placed.currency
  union all
  select
    timed.of_span,
    (
      'timed', null, null, null, sum(timed.calls), 0, null, null, null, null, 0, null, 0, null,
      array_agg(timed.bucket), array_agg(timed.calls)
    )::dashboard.call_sums
  from (
    select placed.of_span, placed.bucket, sum(placed.calls) as calls
    from placed
    where placed.kind = 'model' and placed.bucket is not null
    group by placed.of_span, placed.bucket
  ) as timed
  group by timed.of_span;
end
$$;

-- A mark of a run as it stands now; those of several are put together by `bit_xor`.
create function dashboard.run_mark(run_id uuid, last_seq integer)
returns bigint
language sql immutable
as $$ select uuid_hash_extended(run_id, last_seq) $$;

-- Inside: the days of each salon's calendar in which runs began, the hours of the last three, and the marks of all.
create function dashboard.agent_spans_now()
returns table (tenant_id uuid, begins_at timestamptz, ends_at timestamptz, runs bigint, mark bigint)
language sql stable
set search_path = ''
as $$
  with told as materialized (
    select
      run.tenant_id, run.started_at, profile.time_zone, dashboard.run_mark(run.run_id, run.last_seq) as mark
    from dashboard.runs as run
    inner join dashboard.tenant_profiles as profile on profile.tenant_id = run.tenant_id
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
    where told.started_at > now() - interval '3 days'
  ) as hour
  group by hour.tenant_id, hour.begins_at
$$;

-- Counts spans that are over and not kept, or not as they are now: at most so many, newest first, of all salons. Says
-- how many those were. What is kept of spans that are none any more is removed.
create function dashboard.collect_agent_spans(at_most integer default 20)
returns integer
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  missing record;
  counted integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('dashboard.agent_spans', 0));
  delete from dashboard.agent_spans as old
  where (old.tenant_id, old.begins_at, old.ends_at) not in (
    select span.tenant_id, span.begins_at, span.ends_at from dashboard.agent_spans_now() as span
  );
  for missing in
    select span.tenant_id, span.begins_at, span.ends_at
    from dashboard.agent_spans_now() as span
    left join dashboard.agent_spans as known
      on known.tenant_id = span.tenant_id and known.begins_at = span.begins_at and known.ends_at = span.ends_at
      and known.runs = span.runs and known.mark = span.mark
    where span.ends_at <= now() and known.tenant_id is null
    order by span.begins_at desc, span.tenant_id
    limit greatest(at_most, 0)
  loop
    -- one statement: the mark is of the same moment as what is counted
    insert into dashboard.agent_spans (tenant_id, begins_at, ends_at, runs, mark, calls)
    select
      missing.tenant_id, missing.begins_at, missing.ends_at, count(*),
      coalesce(bit_xor(dashboard.run_mark(run.run_id, run.last_seq)), 0),
      array(
        select counted_now.sums
        from dashboard.count_calls(
          missing.tenant_id, array[missing.begins_at], array[missing.ends_at]
        ) as counted_now
      )
    from dashboard.runs as run
    where
      run.tenant_id = missing.tenant_id
      and run.started_at >= missing.begins_at and run.started_at < missing.ends_at
    on conflict (tenant_id, begins_at, ends_at) do update
    set runs = excluded.runs, mark = excluded.mark, calls = excluded.calls, collected_at = now();
    counted := counted + 1;
  end loop;
  return counted;
end
$$;
grant execute on function dashboard.collect_agent_spans(integer) to dashboard_worker;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
