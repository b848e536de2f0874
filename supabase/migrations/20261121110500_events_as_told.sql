-- How runs and events are told to whoever may read them.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: a run as it is told. What is not known is left out.
create function dashboard.run_as_told(run dashboard.runs, sees boolean)
returns json
language sql stable
set search_path = ''
as $$
  select json_strip_nulls(json_build_object(
    'run_id', run.run_id,
    'trace_id', run.trace_id,
    'conversation_id', run.conversation_id,
    'name', case when sees then run.name else dashboard.mask_contacts(run.name) end,
    'agent', run.agent,
    'status', run.status,
    'started_at', run.started_at,
    'ended_at', run.ended_at,
    'last_event_at', run.last_event_at,
    'duration_ms', round(extract(epoch from coalesce(run.ended_at, run.last_event_at) - run.started_at) * 1000),
    'events', run.last_seq,
    'model_calls', run.model_calls,
    'tool_calls', run.tool_calls,
    'failures', run.failures,
    'tokens_input', run.tokens_input,
    'tokens_output', run.tokens_output,
    'tokens_cached', run.tokens_cached,
    'tokens_reasoning', run.tokens_reasoning,
    'cost', run.cost,
    'currency', run.currency,
    'cost_is_known', run.unpriced_calls = 0,
    'unpriced_calls', run.unpriced_calls,
    'models', run.models,
    'removed', run.removed
  ))
$$;

-- Inside: an event as it is told.
create function dashboard.event_as_told(event dashboard.events, sees boolean)
returns json
language sql stable
set search_path = ''
as $$
  select json_strip_nulls(json_build_object(
    'run_id', event.run_id,
    'seq', event.seq,
    'event_id', event.event_id,
    'trace_id', event.trace_id,
    'step_id', event.step_id,
    'parent_id', event.parent_id,
    'kind', event.kind,
    'phase', event.phase,
    'status', event.status,
    'name', case when sees then event.name else dashboard.mask_contacts(event.name) end,
    'source', event.source,
    'node', event.node,
    'iteration', event.iteration,
    'model', event.model,
    'provider', event.provider,
    'at', event.at,
    'ended_at', event.ended_at,
    'duration_ms', round(extract(epoch from event.ended_at - event.at) * 1000, 3),
    'tokens_input', event.tokens_input,
    'tokens_output', event.tokens_output,
    'tokens_cache_read', event.tokens_cache_read,
    'tokens_cache_write', event.tokens_cache_write,
    'tokens_reasoning', event.tokens_reasoning,
    'cost', event.cost,
    'currency', event.currency,
    'summary', case when sees then event.summary else dashboard.mask_contacts(event.summary) end,
    'problem_type', event.problem_type,
    'problem', case when sees then event.problem else dashboard.mask_contacts(event.problem) end,
    'removed', event.removed,
    'has_payload', event.has_payload,
    'received_at', event.received_at
  ))
$$;

-- Inside: the same with its payload, without one where it has none (any more).
create function dashboard.event_with_payload(event dashboard.events, sees boolean)
returns jsonb
language sql stable
set search_path = ''
as $$
  select dashboard.event_as_told(event, sees)::jsonb || coalesce((
    select jsonb_build_object(
      'payload', case when sees then kept.payload::jsonb else dashboard.mask_contacts_in(kept.payload::jsonb) end
    )
    from dashboard.event_payloads as kept
    where kept.run_day = event.run_day and kept.run_id = event.run_id and kept.seq = event.seq
  ), '{}')
$$;

-- A place in the list of runs: the microsecond of 1970's time at which the run started, and its id. Null is the
-- beginning.
create function dashboard.checked_run_cursor(cursor text, out started_at timestamptz, out run_id uuid)
language plpgsql stable
set search_path = ''
as $$
begin
  started_at := 'infinity';
  run_id := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  if cursor is null then
    return;
  end if;
  run_id := dashboard.uuid_or_null(split_part(cursor, ':', 2));
  if run_id is null or cursor !~ '^[0-9]{1,17}:[0-9a-f-]{36}$' then
    perform dashboard.refuse(422, 'cursor_invalid', 'This is no place in the list.', 'Open the list from its beginning.');
  end if;
  started_at := timestamptz 'epoch' + split_part(cursor, ':', 1)::bigint * interval '1 microsecond';
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
