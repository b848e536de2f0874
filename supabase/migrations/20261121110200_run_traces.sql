-- Appending events: once each, in order, and counted into their runs, in one transaction.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- An event as the panel hands it over. `is_root`: its step is the whole of its trace.
create type dashboard.told_event as (
  event_id text,
  trace_id text,
  conversation_id text,
  step_id text,
  parent_id text,
  is_root boolean,
  kind text,
  phase text,
  status text,
  name text,
  source text,
  node text,
  iteration integer,
  model text,
  provider text,
  at timestamptz,
  ended_at timestamptz,
  tokens_input bigint,
  tokens_output bigint,
  tokens_cache_read bigint,
  tokens_cache_write bigint,
  tokens_reasoning bigint,
  cost numeric,
  currency text,
  summary text,
  problem_type text,
  problem text,
  removed integer,
  payload json
);

-- How a trace stands. A wait counts until somebody has answered, whatever the root says of itself: LangGraph's ends as
-- if all were done. A root that failed or was stopped after that has waited in vain.
create function dashboard.trace_status(trace dashboard.run_traces)
returns text
language sql immutable
as $$
  select case
    when trace.root_status in ('error', 'stopped') and trace.root_ended_at > coalesce(trace.waiting_at, '-infinity')
    then trace.root_status
    when trace.waiting_at > coalesce(trace.decided_at, '-infinity') then 'waiting'
    when trace.root_status is not null then trace.root_status
    else 'running'
  end
$$;

-- Inside: notes of each trace of the told events when it began, waits and ended, and finds the run that it is of. A
-- trace that is new goes on with the run that waits in its conversation, else it is a run of its own.
create function dashboard.put_traces(tenant uuid, told dashboard.told_event[])
returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  with heard as materialized (
    select
      event.trace_id,
      max(event.conversation_id) as conversation_id,
      min(event.at) as began_at,
      max(event.at) filter (where event.status = 'waiting') as waiting_at,
      max(event.at) filter (where event.kind = 'approval_decision') as decided_at,
      (array_agg(event.status order by coalesce(event.ended_at, event.at) desc)
        filter (where event.is_root and event.phase = 'ended'))[1] as root_status,
      max(coalesce(event.ended_at, event.at)) filter (where event.is_root and event.phase = 'ended') as root_ended_at
    from unnest(told) as event
    group by event.trace_id
  ),
  -- most spans of a trace say nothing new of it
  moved as (
    update dashboard.run_traces as known
    set
      began_at = least(known.began_at, heard.began_at),
      waiting_at = greatest(known.waiting_at, heard.waiting_at),
      decided_at = greatest(known.decided_at, heard.decided_at),
      root_status = case
        when heard.root_ended_at >= coalesce(known.root_ended_at, '-infinity') then heard.root_status
        else known.root_status
      end,
      root_ended_at = greatest(known.root_ended_at, heard.root_ended_at)
    from heard
    where
      known.tenant_id = tenant and known.trace_id = heard.trace_id
      and (
        heard.began_at < known.began_at
        or heard.waiting_at is not null or heard.decided_at is not null or heard.root_ended_at is not null
      )
  ),
  begun as (
    insert into dashboard.run_traces
    (tenant_id, trace_id, run_id, run_day, began_at, waiting_at, decided_at, root_status, root_ended_at)
    select
      tenant,
      heard.trace_id,
      coalesce(waiting.run_id, md5(tenant || ':' || heard.trace_id)::uuid),
      coalesce(waiting.run_day, (now() at time zone 'utc')::date),
      heard.began_at,
      heard.waiting_at,
      heard.decided_at,
      heard.root_status,
      heard.root_ended_at
    from heard
    left join lateral (
      select run.run_id, run.run_day
      from (
        select last.run_id, last.run_day, last.status
        from dashboard.runs as last
        where last.tenant_id = tenant and last.conversation_id = heard.conversation_id
        order by last.started_at desc
        limit 1
      ) as run
      where run.status = 'waiting'
    ) as waiting on heard.conversation_id is not null
    where
      not exists (
        select
        from dashboard.run_traces as known
        where known.tenant_id = tenant and known.trace_id = heard.trace_id
      )
    returning trace_id, run_id, run_day
  )
  insert into dashboard.runs
  (run_id, tenant_id, run_day, trace_id, conversation_id, name, started_at, last_event_at, currency)
  select distinct on (begun.run_id)
    begun.run_id, tenant, begun.run_day, begun.trace_id, event.conversation_id, event.name, event.at, event.at,
    coalesce(event.currency, 'USD')
  from begun
  inner join unnest(told) as event on event.trace_id = begun.trace_id
  where not exists (select from dashboard.runs as run where run.run_id = begun.run_id)
  order by begun.run_id asc, event.at asc;
end
$$;

-- Inside: the totals of runs anew, from all of their events, as `append_told` adds them up.
create function dashboard.recount_runs(run_ids uuid[])
returns void
language sql volatile
set search_path = ''
as $$
  update dashboard.runs as run
  set
    last_seq = counted.events,
    model_calls = counted.model_calls,
    tool_calls = counted.tool_calls,
    failures = counted.failures,
    tokens_input = counted.tokens_input,
    tokens_output = counted.tokens_output,
    tokens_cached = counted.tokens_cached,
    tokens_reasoning = counted.tokens_reasoning,
    cost = counted.cost,
    unpriced_calls = counted.unpriced_calls,
    models = counted.models,
    removed = counted.removed
  from (
    select
      event.run_id,
      count(*) as events,
      count(*) filter (where event.counts) as model_calls,
      count(*) filter (where event.kind = 'tool_call' and event.phase <> 'begun') as tool_calls,
      count(*) filter (where event.status = 'error' and (event.phase = 'ended' or event.kind <> 'model_call')) as failures,
      coalesce(sum(event.tokens_input) filter (where event.counts), 0) as tokens_input,
      coalesce(sum(event.tokens_output) filter (where event.counts), 0) as tokens_output,
      coalesce(sum(event.tokens_cache_read) filter (where event.counts), 0) as tokens_cached,
      coalesce(sum(event.tokens_reasoning) filter (where event.counts), 0) as tokens_reasoning,
      coalesce(sum(event.cost) filter (where event.counts and event.currency = event.of_currency), 0) as cost,
      count(*) filter (
        where event.counts and (event.cost is null or event.currency <> event.of_currency)
      ) as unpriced_calls,
      coalesce(array_agg(distinct event.model) filter (where event.model is not null), '{}') as models,
      sum(event.removed) as removed
    from (
      select
        told.*,
        of_run.currency as of_currency,
        told.kind = 'model_call' and told.phase = 'ended' and not exists (
          select
          from dashboard.events as inner_call
          where
            inner_call.run_day = told.run_day and inner_call.run_id = told.run_id
            and inner_call.parent_id = told.step_id and inner_call.kind = 'model_call' and inner_call.phase = 'ended'
        ) as counts
      from dashboard.runs as of_run
      inner join dashboard.events as told on told.run_day = of_run.run_day and told.run_id = of_run.run_id
      where of_run.run_id = any(run_ids)
    ) as event
    group by event.run_id
  ) as counted
  where run.run_id = counted.run_id
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
