-- Approvals as they were answered: by people on the page, or as the agent tells; and by which agent they were asked.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- A request is one step of an agent's, however often it was told of. How it was answered, its name, is 'approved',
-- 'rejected', 'unclear', 'unanswered' (nobody waits for it any more), or 'open'. These have as many `deadlines`, after
-- which they are unanswered.
alter type dashboard.call_sums add attribute deadlines timestamptz[];

-- Inside: the calls of the runs that began in each of these spans, which follow one another. Read from the events. A
-- model call that others are told of inside is not counted, as in the totals of runs.
--
-- Steps are joined by hashing only (`enable_nestloop`): a planner that takes a hundred thousand of them for one would
-- loop over all for each. What is looked up for each run stands in a subquery of its own, which has no other way. The
-- plan is kept: to plan anew over all partitions takes longer than to count an hour.
create or replace function dashboard.count_calls(tenant uuid, begin_ats timestamptz[], end_ats timestamptz[])
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
      asked.number::integer as of_span, run.run_id, run.run_day, run.agent, run.currency as of_currency,
      run.status as of_status, event.*
    from unnest(begin_ats, end_ats) with ordinality as asked (begins_at, ends_at, number)
    cross join lateral (
      select known.run_id, known.run_day, known.agent, known.currency, known.status
      from dashboard.runs as known
      where known.tenant_id = tenant and known.started_at >= asked.begins_at and known.started_at < asked.ends_at
      offset 0
    ) as run
    cross join lateral (
      select
        told.seq, told.event_id, told.trace_id, told.step_id, told.parent_id, told.kind, told.phase, told.status,
        told.name, told.model, told.at, told.ended_at, told.received_at, told.cost, told.currency, told.tokens_input,
        told.tokens_output, told.tokens_cache_read, told.tokens_reasoning
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
  -- requests, and what agents tell of answers
  asking as (
    select
      step.of_span, step.run_id, step.run_day, step.agent, step.kind, step.trace_id,
      array_agg(step.event_id) as event_ids,
      min(step.seq) as seq,
      max(step.seq) as last_seq,
      min(step.at) as at,
      min(step.received_at) as received_at,
      bool_and(step.of_status = 'waiting') as is_waited_for
    from step
    where
      step.kind = 'approval_request' or step.kind = 'approval_decision' and step.phase <> 'begun'
    group by
      step.of_span, step.run_id, step.run_day, step.agent, step.kind, step.trace_id, step.step_id,
      case when step.kind = 'approval_decision' then step.seq end
  ),
  -- by what is decided next in its run: both have as many decisions after them
  followed as (
    select
      asking.*,
      case when asking.kind = 'approval_decision' then (
        select dashboard.answer_meant(
          coalesce(kept.payload -> 'result', kept.payload -> 'arguments', kept.payload -> 'input')::jsonb
        )
        from dashboard.event_payloads as kept
        where kept.run_day = asking.run_day and kept.run_id = asking.run_id and kept.seq = asking.seq
      ) end as meant,
      count(*) filter (where asking.kind = 'approval_decision') over (
        partition by asking.run_id order by asking.at desc, asking.kind asc, asking.seq desc
      ) as to_come
    from asking
  ),
  told_of as (
    select
      followed.*,
      max(followed.at) filter (where followed.kind = 'approval_decision') over of_answer as told_at,
      max(followed.meant) filter (where followed.kind = 'approval_decision') over of_answer as told_answer
    from followed
    window of_answer as (partition by followed.run_id, followed.to_come)
  ),
  -- what a person has decided on the page goes before what the agent tells of it, and needs no telling
  decided as (
    select
      told_of.*,
      (
        select command
        from dashboard.bot_commands as command
        where
          command.tenant_id = tenant and command.trace_id = told_of.trace_id
          and command.event_id = any(told_of.event_ids)
        order by command.created_at
        limit 1
      ) as decision
    from told_of
    where told_of.kind = 'approval_request'
  ),
  -- the last that was told of an open one says until when, as in `approvals_of`
  answered as (
    select
      decided.of_span, decided.agent, last_told.deadline,
      case
        when (decided.decision).kind = 'approve' then 'approved'
        when (decided.decision).kind = 'reject' then 'rejected'
        when decided.told_at is not null then coalesce(decided.told_answer, 'unclear')
        when last_told.deadline is null then 'unanswered'
        else 'open'
      end as answer,
      -- each time by one clock: the panel's, or the agent's
      coalesce((decided.decision).created_at - decided.received_at, decided.told_at - decided.at) as took
    from decided
    left join lateral (
      select
        least(
          least(event.at, event.received_at) + interval '24 hours',
          (
            select dashboard.moment_or_null(kept.payload -> 'attributes' ->> 'expires_at')
            from dashboard.event_payloads as kept
            where kept.run_day = decided.run_day and kept.run_id = decided.run_id and kept.seq = decided.last_seq
          )
        ) as deadline
      from dashboard.events as event
      where
        event.run_day = decided.run_day and event.run_id = decided.run_id and event.seq = decided.last_seq
        and event.status = 'waiting' and decided.is_waited_for
        and (decided.decision).command_id is null and decided.told_at is null
      offset 0
    ) as last_told on true
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
      ) as took_ms,
      null::timestamptz as deadline
    from step
    left join begun on begun.run_id = step.run_id and begun.step_id = step.step_id
    left join calling
      on step.kind = 'model_call' and calling.run_id = step.run_id and calling.parent_id = step.step_id
    where
      step.kind = 'tool_call' and step.phase <> 'begun'
      or step.kind = 'model_call' and step.phase = 'ended' and calling.run_id is null
    union all
    select
      answered.of_span, 'approval', answered.agent, answered.answer, null, false, null, null, null, null, false, null,
      false, date_part('epoch', answered.took) * 1000, answered.deadline
    from answered
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
      max(done.took_ms) as longest_ms,
      array_agg(done.deadline) filter (where done.deadline is not null) as deadlines
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
      coalesce(array_agg(placed.calls) filter (where placed.bucket is not null), '{}'),
      -- what is open took no time, and stands in one row
      max(placed.deadlines)
    )::dashboard.call_sums
  from placed
  group by placed.of_span, placed.kind, placed.agent, placed.name, placed.currency
  union all
  select
    timed.of_span,
    (
      'timed', null, null, null, sum(timed.calls), 0, null, null, null, null, 0, null, 0, null,
      array_agg(timed.bucket), array_agg(timed.calls), null
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

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
