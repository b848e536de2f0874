-- The one way in for events.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: appends what is not known yet of the told events, whose salon's stream is locked. Gives back how many those
-- were.
create function dashboard.append_told(tenant uuid, told dashboard.told_event[])
returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  appended integer;
  grown uuid[];
  nested uuid[];
  named uuid[];
begin
  perform dashboard.put_traces(tenant, told);

  with fresh as (
    select distinct on (trace.run_id, event.event_id) trace.run_id, trace.run_day, event.*
    from unnest(told) with ordinality as event
    inner join dashboard.run_traces as trace on trace.tenant_id = tenant and trace.trace_id = event.trace_id
    where
      not exists (
        select
        from dashboard.events as known
        where
          known.run_day = trace.run_day and known.run_id = trace.run_id and known.event_id = event.event_id
      )
    order by trace.run_id, event.event_id, event.ordinality
  ),
  numbered as materialized (
    select fresh.*, run.last_seq + row_number() over (partition by fresh.run_id order by fresh.at, fresh.ordinality) as seq
    from fresh
    inner join dashboard.runs as run on run.run_id = fresh.run_id
  ),
  kept as (
    insert into dashboard.events (
      run_day, run_id, seq, tenant_id, event_id, trace_id, step_id, parent_id, kind, phase, status, name, source, node,
      iteration, model, provider, at, ended_at, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write,
      tokens_reasoning, cost, currency, summary, problem_type, problem, removed, has_payload
    )
    select
      run_day, run_id, seq, tenant, event_id, trace_id, step_id, parent_id, kind, phase, status, name, source, node,
      iteration, model, provider, at, ended_at, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write,
      tokens_reasoning, cost, currency, summary, problem_type, problem, coalesce(removed, 0), payload is not null
    from numbered
  ),
  kept_payloads as (
    insert into dashboard.event_payloads (run_day, run_id, seq, tenant_id, payload)
    select run_day, run_id, seq, tenant, payload from numbered
    where payload is not null
  ),
  counted as materialized (
    select
      told_of.run_id,
      told_of.run_day,
      count(*) as events,
      min(told_of.seq) as first_seq,
      max(told_of.seq) as last_seq,
      min(told_of.at) as started_at,
      max(coalesce(told_of.ended_at, told_of.at)) as last_event_at,
      (array_agg(told_of.name order by told_of.at) filter (where told_of.is_root))[1] as root_name,
      (array_agg(told_of.source order by told_of.at) filter (where told_of.is_root))[1] as agent,
      max(told_of.conversation_id) as conversation_id,
      count(*) filter (where told_of.kind = 'model_call' and told_of.phase = 'ended') as model_calls,
      count(*) filter (where told_of.kind = 'tool_call' and told_of.phase <> 'begun') as tool_calls,
      count(*) filter (
        where told_of.status = 'error' and (told_of.phase = 'ended' or told_of.kind <> 'model_call')
      ) as failures,
      coalesce(sum(told_of.tokens_input), 0) as tokens_input,
      coalesce(sum(told_of.tokens_output), 0) as tokens_output,
      coalesce(sum(told_of.tokens_cache_read), 0) as tokens_cached,
      coalesce(sum(told_of.tokens_reasoning), 0) as tokens_reasoning,
      coalesce(sum(told_of.cost) filter (where told_of.currency = run.currency), 0) as cost,
      count(*) filter (
        where told_of.kind = 'model_call' and told_of.phase = 'ended'
        and (told_of.cost is null or told_of.currency <> run.currency)
      ) as unpriced_calls,
      array_agg(distinct told_of.model) filter (where told_of.model is not null) as models,
      coalesce(sum(told_of.removed), 0) as removed,
      bool_or(run.has_nested_calls) as has_nested_calls,
      bool_or(run.conversation_id is null) as was_nameless
    from numbered as told_of
    inner join dashboard.runs as run on run.run_id = told_of.run_id
    group by told_of.run_id, told_of.run_day
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
      model_calls = run.model_calls + counted.model_calls,
      tool_calls = run.tool_calls + counted.tool_calls,
      failures = run.failures + counted.failures,
      tokens_input = run.tokens_input + counted.tokens_input,
      tokens_output = run.tokens_output + counted.tokens_output,
      tokens_cached = run.tokens_cached + counted.tokens_cached,
      tokens_reasoning = run.tokens_reasoning + counted.tokens_reasoning,
      cost = run.cost + counted.cost,
      unpriced_calls = run.unpriced_calls + counted.unpriced_calls,
      models = case
        when counted.models is null or counted.models <@ run.models then run.models
        else array(select distinct unnest(run.models || counted.models) order by 1)
      end,
      removed = run.removed + counted.removed,
      status = standing.status,
      ended_at = case when standing.status in ('done', 'error', 'stopped') then standing.root_ended_at end
    from counted
    cross join lateral (
      select dashboard.trace_status(trace) as status, trace.root_ended_at
      from dashboard.run_traces as trace
      where trace.run_id = counted.run_id
      order by trace.began_at desc
      limit 1
    ) as standing
    where run.run_id = counted.run_id
  ),
  stretches as (
    insert into dashboard.event_batches (tenant_id, position, run_id, run_day, first_seq, last_seq)
    select
      tenant, stream.last_position + row_number() over (order by counted.started_at, counted.run_id), counted.run_id,
      counted.run_day, counted.first_seq, counted.last_seq
    from counted
    cross join dashboard.event_streams as stream
    where stream.tenant_id = tenant
  )
  select
    sum(counted.events),
    array_agg(counted.run_id),
    array_agg(counted.run_id) filter (where counted.has_nested_calls or nesting.found is not null),
    array_agg(counted.run_id) filter (where counted.was_nameless and counted.conversation_id is not null)
  into appended, grown, nested, named
  from counted
  left join (
    select distinct told_of.run_id, true as found
    from numbered as told_of
    where
      told_of.kind = 'model_call'
      and (
        exists (
          select
          from numbered as other
          where other.run_id = told_of.run_id and other.step_id = told_of.parent_id and other.kind = 'model_call'
        )
        or exists (
          select
          from dashboard.events as outer_call
          where
            outer_call.step_id = told_of.parent_id and outer_call.tenant_id = tenant and outer_call.kind = 'model_call'
            and outer_call.run_day = told_of.run_day and outer_call.run_id = told_of.run_id
        )
        or exists (
          select
          from dashboard.events as inner_call
          where
            inner_call.parent_id = told_of.step_id and inner_call.kind = 'model_call'
            and inner_call.run_day = told_of.run_day and inner_call.run_id = told_of.run_id
        )
      )
  ) as nesting on nesting.run_id = counted.run_id;

  if grown is null then
    return 0;
  end if;
  update dashboard.event_streams as stream
  set last_position = stream.last_position + cardinality(grown)
  where stream.tenant_id = tenant;
  if nested is not null then
    perform dashboard.recount_runs(nested);
  end if;
  perform dashboard.join_runs(tenant, grown, named);
  return appended;
end
$$;

-- Appends a JSON list of events (see `told_event`), in one transaction with everything that is counted of them. Told
-- again, they are known already. Its parameter has no name, so that the API hands the body over as it is. Plans are
-- kept: to plan this anew takes 5 ms, which is four times as long as to append one event.
create function dashboard.append_events(text)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  tenant uuid := dashboard.require_key('ingest');
  told dashboard.told_event[] := array(
    select event from json_populate_recordset(null::dashboard.told_event, $1::json) as event
  );
  end_of_stream bigint;
  appended integer;
begin
  if cardinality(told) = 0 then
    return jsonb_build_object('appended', 0, 'repeated', 0);
  end if;
  insert into dashboard.event_streams (tenant_id) values (tenant)
  on conflict (tenant_id) do nothing;
  perform from dashboard.event_streams as stream where stream.tenant_id = tenant for update;

  appended := dashboard.append_told(tenant, told);
  select stream.last_position into end_of_stream
  from dashboard.event_streams as stream
  where stream.tenant_id = tenant;
  if appended > 0 then
    insert into dashboard.changes (tenant_id, stream) values (tenant, 'runs');
  end if;
  return jsonb_build_object(
    'appended', appended, 'repeated', cardinality(told) - appended, 'position', end_of_stream
  );
end
$$;
grant execute on function dashboard.append_events(text) to dashboard_ingest;

alter table dashboard.changes drop constraint changes_stream_check;
alter table dashboard.changes add constraint changes_stream_check check (
  stream in ('dialogues', 'messages', 'annotations', 'filters', 'members', 'tenant', 'jobs', 'audit', 'runs')
) not valid;
alter table dashboard.changes validate constraint changes_stream_check;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
