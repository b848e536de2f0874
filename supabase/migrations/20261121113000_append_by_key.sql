-- Appending to a long run, and to many at once, for as little as to a short one.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- A call by its step and its run: emitters may number the steps of each run from 1. Its condition says one thing that
-- is always so. Who looks for inner calls does not say it: a plan that is made while a partition is empty, where one
-- index is worth as little as another, would else read all calls of the run for each of them.
create index events_calls on dashboard.events (run_id, step_id)
where kind = 'model_call' and phase = 'ended' and step_id <> '';

-- Inside: gives the partition of a day its first statistics once a run in it is long. Until somebody has looked, a plan
-- may read such a run from its beginning for each event; autovacuum comes after a minute, and may only tidy up.
create function dashboard.look_at_partition(day date, grown uuid[])
returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  part regclass;
begin
  select event.tableoid into part
  from dashboard.runs as run
  inner join dashboard.events as event
    on event.run_day = look_at_partition.day and event.run_id = run.run_id and event.seq = run.last_seq
  where run.run_id = any(grown) and run.last_seq >= 500
  limit 1;
  if
    part is not null
    and not exists (
      select
      from pg_catalog.pg_stats as known
      where known.schemaname = 'dashboard' and known.tablename = split_part(part::text, '.', 2)
    )
  then
    execute format('analyze (skip_locked) %s', part);
  end if;
end
$$;

-- Inside: appends what is not known yet of the told events, whose salon's stream is locked. Gives back how many those
-- were. The days are gone through one by one (nearly always there is one), since of a day that is given, one partition
-- is opened, and of a day that is looked up, all of them. Each look into the events is for a whole key: with a plan
-- that was made while a partition was empty, the run would else be read again for each of its events.
create or replace function dashboard.append_told(tenant uuid, told dashboard.told_event[])
returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  appended integer := 0;
  day date;
  stretches integer;
  grown uuid[] := '{}';
  named uuid[] := '{}';
begin
  perform dashboard.put_traces(tenant, told);
  for day in
    select distinct trace.run_day
    from unnest(told) as event
    cross join lateral (
      select known.run_day from dashboard.run_traces as known
      where known.tenant_id = tenant and known.trace_id = event.trace_id
      limit 1
    ) as trace
  loop
    with fresh as (
      select distinct on (trace.run_id, event.event_id) trace.run_id, event.*
      from unnest(told) with ordinality as event
      cross join lateral (
        select known.run_id, known.run_day
        from dashboard.run_traces as known
        where known.tenant_id = tenant and known.trace_id = event.trace_id
        limit 1
      ) as trace
      where
        trace.run_day = day
        and (
          select known.seq
          from dashboard.events as known
          where known.run_day = day and known.run_id = trace.run_id and known.event_id = event.event_id
        ) is null
      order by trace.run_id, event.event_id, event.ordinality
    ),
    numbered as materialized (
      select
        fresh.*,
        fresh.kind = 'model_call' and fresh.phase = 'ended' as is_call,
        run.last_seq as known_before,
        run.last_seq + row_number() over (partition by fresh.run_id order by fresh.at, fresh.ordinality) as seq,
        -- the steps that new calls are made in
        array_agg(fresh.parent_id) filter (where fresh.kind = 'model_call' and fresh.phase = 'ended')
          over (partition by fresh.run_id) as calling_steps
      from fresh
      inner join dashboard.runs as run on run.run_id = fresh.run_id
    ),
    kept as (
      insert into dashboard.events (
        run_day, run_id, seq, tenant_id, event_id, trace_id, step_id, parent_id, kind, phase, status, name, source,
        node, iteration, model, provider, at, ended_at, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write,
        tokens_reasoning, cost, currency, summary, problem_type, problem, removed, has_payload
      )
      select
        day, run_id, seq, tenant, event_id, trace_id, step_id, parent_id, kind, phase, status, name, source, node,
        iteration, model, provider, at, ended_at, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write,
        tokens_reasoning, cost, currency, summary, problem_type, problem, coalesce(removed, 0), payload is not null
      from numbered
    ),
    kept_payloads as (
      insert into dashboard.event_payloads (run_day, run_id, seq, tenant_id, payload)
      select day, run_id, seq, tenant, payload from numbered
      where payload is not null
    ),
    -- A model call that is told of inside another (a library's wrapper, and the client that it calls) is told of twice:
    -- tokens and cost are the inner one's. So an outer call is not counted when an inner one is known ...
    weighed as materialized (
      select
        numbered.*,
        numbered.is_call and not (
          coalesce(numbered.step_id = any(numbered.calling_steps), false)
          or numbered.known_before > 0 and exists (
            select
            from dashboard.events as inner_call
            where
              inner_call.run_day = day and inner_call.run_id = numbered.run_id
              and inner_call.parent_id = numbered.step_id and inner_call.kind = 'model_call'
              and inner_call.phase = 'ended'
          )
        ) as counts
      from numbered
    ),
    -- ... and is taken off again when its first inner one comes.
    outdone as materialized (
      select
        caller.run_id,
        count(*) as model_calls,
        coalesce(sum(outer_call.tokens_input), 0) as tokens_input,
        coalesce(sum(outer_call.tokens_output), 0) as tokens_output,
        coalesce(sum(outer_call.tokens_cache_read), 0) as tokens_cached,
        coalesce(sum(outer_call.tokens_reasoning), 0) as tokens_reasoning,
        coalesce(sum(outer_call.cost) filter (where outer_call.currency = outer_call.of_currency), 0) as cost,
        count(*) filter (
          where outer_call.cost is null or outer_call.currency <> outer_call.of_currency
        ) as unpriced_calls
      from (
        select distinct run_id, parent_id
        from numbered
        where is_call and known_before > 0 and parent_id is not null
      ) as caller
      inner join dashboard.runs as run on run.run_id = caller.run_id
      cross join lateral (
        select call.*, run.currency as of_currency
        from dashboard.events as call
        where
          call.run_day = day and call.run_id = caller.run_id and call.step_id = caller.parent_id
          and call.kind = 'model_call' and call.phase = 'ended' and call.step_id <> ''
          and (
            select 1
            from dashboard.events as inner_call
            where
              inner_call.run_day = day and inner_call.run_id = caller.run_id
              and inner_call.parent_id = caller.parent_id and inner_call.kind = 'model_call'
              and inner_call.phase = 'ended'
            limit 1
          ) is null
        offset 0
      ) as outer_call
      group by caller.run_id
    ),
    counted as materialized (
      select
        told_of.run_id,
        count(*) as events,
        min(told_of.seq) as first_seq,
        max(told_of.seq) as last_seq,
        min(told_of.at) as started_at,
        max(coalesce(told_of.ended_at, told_of.at)) as last_event_at,
        (array_agg(told_of.name order by told_of.at) filter (where told_of.is_root))[1] as root_name,
        (array_agg(told_of.source order by told_of.at) filter (where told_of.is_root))[1] as agent,
        max(told_of.conversation_id) as conversation_id,
        bool_or(run.conversation_id is null) as was_nameless,
        count(*) filter (where told_of.kind = 'tool_call' and told_of.phase <> 'begun') as tool_calls,
        count(*) filter (
          where told_of.status = 'error' and (told_of.phase = 'ended' or told_of.kind <> 'model_call')
        ) as failures,
        count(*) filter (where told_of.counts) as model_calls,
        coalesce(sum(told_of.tokens_input) filter (where told_of.counts), 0) as tokens_input,
        coalesce(sum(told_of.tokens_output) filter (where told_of.counts), 0) as tokens_output,
        coalesce(sum(told_of.tokens_cache_read) filter (where told_of.counts), 0) as tokens_cached,
        coalesce(sum(told_of.tokens_reasoning) filter (where told_of.counts), 0) as tokens_reasoning,
        coalesce(sum(told_of.cost) filter (where told_of.counts and told_of.currency = run.currency), 0) as cost,
        count(*) filter (
          where told_of.counts and (told_of.cost is null or told_of.currency <> run.currency)
        ) as unpriced_calls,
        array_agg(distinct told_of.model) filter (where told_of.model is not null) as models,
        coalesce(sum(told_of.removed), 0) as removed
      from weighed as told_of
      inner join dashboard.runs as run on run.run_id = told_of.run_id
      group by told_of.run_id
    ),
    summed as (
      update dashboard.runs as run
      set
        last_seq = counted.last_seq,
        name = coalesce(counted.root_name, run.name),
        agent = coalesce(counted.agent, run.agent),
        conversation_id = coalesce(run.conversation_id, counted.conversation_id),
        started_at = least(run.started_at, counted.started_at),
        last_event_at = greatest(run.last_event_at, counted.last_event_at),
        model_calls = run.model_calls + counted.model_calls - coalesce(outdone.model_calls, 0),
        tool_calls = run.tool_calls + counted.tool_calls,
        failures = run.failures + counted.failures,
        tokens_input = run.tokens_input + counted.tokens_input - coalesce(outdone.tokens_input, 0),
        tokens_output = run.tokens_output + counted.tokens_output - coalesce(outdone.tokens_output, 0),
        tokens_cached = run.tokens_cached + counted.tokens_cached - coalesce(outdone.tokens_cached, 0),
        tokens_reasoning = run.tokens_reasoning + counted.tokens_reasoning - coalesce(outdone.tokens_reasoning, 0),
        cost = run.cost + counted.cost - coalesce(outdone.cost, 0),
        unpriced_calls = run.unpriced_calls + counted.unpriced_calls - coalesce(outdone.unpriced_calls, 0),
        models = case
          when counted.models is null or counted.models <@ run.models then run.models
          else array(select distinct unnest(run.models || counted.models) order by 1)
        end,
        removed = run.removed + counted.removed,
        status = standing.status,
        ended_at = case when standing.status in ('done', 'error', 'stopped') then standing.root_ended_at end
      from counted
      left join outdone on outdone.run_id = counted.run_id
      cross join lateral (
        select dashboard.trace_status(trace) as status, trace.root_ended_at
        from dashboard.run_traces as trace
        where trace.run_id = counted.run_id
        order by trace.began_at desc
        limit 1
      ) as standing
      where run.run_id = counted.run_id
    ),
    streamed as (
      insert into dashboard.event_batches (tenant_id, position, run_id, run_day, first_seq, last_seq)
      select
        tenant, stream.last_position + row_number() over (order by counted.started_at, counted.run_id), counted.run_id,
        day, counted.first_seq, counted.last_seq
      from counted
      cross join dashboard.event_streams as stream
      where stream.tenant_id = tenant
    )
    select
      appended + coalesce(sum(counted.events), 0),
      grown || array_agg(counted.run_id),
      named || array_agg(counted.run_id) filter (where counted.was_nameless and counted.conversation_id is not null),
      count(*)
    into appended, grown, named, stretches
    from counted;

    update dashboard.event_streams as stream
    set last_position = stream.last_position + stretches
    where stream.tenant_id = tenant and stretches > 0;
    perform dashboard.look_at_partition(day, grown);
  end loop;

  -- when all is kept: what is joined may change its day
  perform dashboard.join_runs(tenant, grown, named);
  return appended;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
