-- What the bot itself keeps of its steps (`public.agent_trajectories_v2`), told as runs and events.
--
-- That table has no index but its key, and gets none from us. Its rows are numbered as they are written (with whatever
-- gaps), so both reads go along the key: newest first, in stretches, and never over more than a bounded number of rows
-- at a time. The rows of a run are looked for among the 10,000 after its first, of all salons: what stands further
-- apart is told as two runs.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: the number so many rows before or after another; of the first or the last row where there are not so many.
create function dashboard.bot_steps_away(place bigint, steps integer)
returns bigint
language plpgsql stable
set search_path = ''
as $$
begin
  if steps < 0 then
    return (
      select min(near.id)
      from (
        select step.id from public.agent_trajectories_v2 as step where step.id < place order by step.id desc limit -steps
      ) as near
    );
  end if;
  return (
    select max(near.id)
    from (
      select step.id from public.agent_trajectories_v2 as step where step.id >= place order by step.id limit steps
    ) as near
  );
end
$$;

-- What a row's run is known by: what the bot calls by one name, else the dialogue, else the row itself.
create function dashboard.bot_run_name(step public.agent_trajectories_v2)
returns text
language sql immutable
as $$
  select coalesce(
    'c' || nullif(btrim(step.correlation_id), ''), 's' || step.session_id::text, 'r' || step.id::text
  )
$$;

-- The words of the bot for what a step is, in ours. What is not known is `other`, and told as it was said.
create function dashboard.bot_step_kind(step_type text, out kind text, out phase text)
language sql immutable
as $$
  select
    case
      when word in ('user_input', 'user_message', 'message_in', 'incoming_message') then 'user_input'
      when word in ('model_request', 'model_response', 'llm_request', 'llm_response', 'llm_call', 'model_call')
        then 'model_call'
      when word in ('tool_call', 'tool_result', 'tool_response', 'tool_error') then 'tool_call'
      when word in ('plan_update', 'plan') then 'plan_update'
      when word = 'approval_request' then 'approval_request'
      when word in ('approval_decision', 'approval_answer') then 'approval_decision'
      when word in ('routing', 'router', 'router_decision') then 'routing'
      when word in ('retrieval', 'rag_search') then 'retrieval'
      when word in ('node', 'state_change') then 'node'
      when word in ('log', 'error') then 'log'
      else 'other'
    end,
    case
      when word in ('model_request', 'llm_request', 'tool_call') then 'begun'
      when word in (
        'model_response', 'llm_response', 'llm_call', 'model_call', 'tool_result', 'tool_response', 'tool_error'
      ) then 'ended'
      else 'point'
    end
  from (select lower(btrim(step_type)) as word) as told
$$;

create function dashboard.bot_step_status(step public.agent_trajectories_v2)
returns text
language sql immutable
as $$
  select case
    when word in ('error', 'failed', 'failure', 'fail', 'timeout', 'exception') then 'error'
    when word in ('stopped', 'cancelled', 'canceled', 'aborted') then 'stopped'
    when word in ('waiting', 'pending_approval', 'paused', 'interrupted') then 'waiting'
    when word in ('running', 'started', 'in_progress', 'pending') then 'running'
    when step.error_code is not null or step.error_message is not null then 'error'
    else 'done'
  end
  from (select lower(btrim(step.status)) as word) as told
$$;

-- A time as a reader can take it: what no calendar has becomes the nearest that one has.
create function dashboard.bot_time(moment timestamptz)
returns timestamptz
language sql immutable
as $$ select least(greatest(moment, '0001-01-03 00:00+00'), '9999-12-30 00:00+00') $$;

-- A number that the bot told, if it is one that can be: a count, or milliseconds.
create function dashboard.bot_number(payload jsonb, variadic names text[])
returns numeric
language sql immutable
as $$
  select found.value::text::numeric
  from unnest(names) with ordinality as name
  cross join lateral (select payload -> name.name as value) as found
  where
    jsonb_typeof(found.value) = 'number' and length(found.value::text) <= 20
    and found.value::text::numeric between 0 and 1000000000000
  order by name.ordinality
  limit 1
$$;

create function dashboard.bot_label(payload jsonb, variadic names text[])
returns text
language sql immutable
as $$
  select left(found.value #>> '{}', 200)
  from unnest(names) with ordinality as name
  cross join lateral (select payload -> name.name as value) as found
  where jsonb_typeof(found.value) = 'string' and found.value #>> '{}' <> ''
  order by name.ordinality
  limit 1
$$;

-- A JSON value without what is named like a secret, however deep: the bot writes down what it sends to others. What is
-- nested beyond all reason is left out.
create function dashboard.without_secrets(value jsonb, depth integer default 0)
returns jsonb
language plpgsql immutable
set search_path = ''
as $$
begin
  return case
    when jsonb_typeof(value) in ('object', 'array') and depth >= 40 then '"…"'::jsonb
    when jsonb_typeof(value) = 'object' then (
      select coalesce(jsonb_object_agg(
        field.key,
        case
          when
            jsonb_typeof(field.value) not in ('boolean', 'null')
            and lower(regexp_replace(field.key, '[^[:alnum:]]', '', 'g')) ~ (
              'token$|passw|passphrase|pwd$|secrets?$|secretkey|authorization|^auth$|apikey|accesskey|privatekey|credential|cookie'
              || '|signature|sessionkey|bearer|^pin$|^otp$|cvv|cvc|cardnumber'
            )
            then '"[removed]"'::jsonb
          else dashboard.without_secrets(field.value, depth + 1)
        end
      ), '{}')
      from jsonb_each(value) as field
    )
    when jsonb_typeof(value) = 'array' then (
      select coalesce(jsonb_agg(dashboard.without_secrets(item.value, depth + 1) order by item.ordinality), '[]')
      from jsonb_array_elements(value) with ordinality as item
    )
    when jsonb_typeof(value) = 'string' and value #>> '{}' ~* '(bearer|basic) +[a-z0-9._~+/=-]{12,}'
      then to_jsonb(regexp_replace(value #>> '{}', '(bearer|basic) +[a-z0-9._~+/=-]{12,}', '\1 [removed]', 'gi'))
    else value
  end;
end
$$;

-- Inside: a step of the bot's as an event.
create function dashboard.bot_event(
  step public.agent_trajectories_v2, seq bigint, first_id bigint, step_id bigint, sees boolean
)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  told record := dashboard.bot_step_kind(step.step_type);
  payload jsonb := dashboard.without_secrets(step.payload);
  problem text := left(dashboard.without_secrets(to_jsonb(step.error_message)) #>> '{}', 1000);
  took_ms numeric := dashboard.bot_number(step.payload, 'duration_ms', 'latency_ms');
  at timestamptz := dashboard.bot_time(step.created_at);
begin
  if not sees then
    payload := dashboard.mask_contacts_in(payload);
    problem := dashboard.mask_contacts(problem);
  end if;
  return jsonb_strip_nulls(jsonb_build_object(
    'run_id', first_id::text,
    'seq', seq,
    'event_id', 'bot:' || step.id,
    'trace_id', left(step.correlation_id, 200),
    'step_id', 'bot:' || step_id,
    'kind', told.kind,
    'phase', told.phase,
    'status', dashboard.bot_step_status(step),
    'name', left(
      case
        when told.kind = 'tool_call' then coalesce(dashboard.bot_label(payload, 'tool', 'tool_name', 'name'), step.step_type)
        else step.step_type
      end, 200
    ),
    'source', 'bot',
    'node', dashboard.bot_label(payload, 'node', 'state'),
    'model', case when told.kind = 'model_call' then dashboard.bot_label(payload, 'model') end,
    'provider', case when told.kind = 'model_call' then dashboard.bot_label(payload, 'provider') end,
    -- a step that is over was written down at its end
    'at', case
      when told.phase = 'ended' and took_ms <= 86400000 then at - took_ms * interval '1 millisecond' else at
    end,
    'ended_at', case when told.phase = 'ended' then at end,
    'duration_ms', case when told.phase = 'ended' and took_ms <= 86400000 then took_ms end,
    'tokens_input', case when told.kind = 'model_call' then dashboard.bot_number(payload, 'input_tokens', 'prompt_tokens') end,
    'tokens_output', case
      when told.kind = 'model_call' then dashboard.bot_number(payload, 'output_tokens', 'completion_tokens')
    end,
    'problem_type', left(step.error_code, 200),
    'problem', problem,
    'removed', (length(payload::text) - length(replace(payload::text, '[removed]', ''))) / length('[removed]'),
    'has_payload', step.payload <> '{}',
    'received_at', at
  )) || case
    when step.payload <> '{}' then jsonb_build_object('payload', jsonb_build_object('attributes', payload)) else '{}'
  end;
end
$$;

-- The runs whose last step is before a step's number, newest first. Looks through 50,000 rows at the most: the page may
-- be short then, or empty, while `next_cursor` says where to go on.
create function dashboard.list_bot_runs(at_most integer default 100, before text default null)
returns json
language plpgsql stable security definer
set search_path = ''
as $$
declare
  stretch constant integer := 5000;
  most_stretches constant integer := 10;
  reach constant integer := 10000;
  tenant uuid := dashboard.events_reader();
  most integer := least(greatest(coalesce(at_most, 100), 1), 500);
  oldest bigint;
  top bigint;
  bottom bigint;
  next_bottom bigint;
  near_bottom bigint;
  near_top bigint;
  stretches integer := 0;
  found_runs integer := 0;
  answer json;
begin
  if before !~ '^[0-9]{1,18}$' then
    perform dashboard.refuse(422, 'cursor_invalid', 'This is no place in the list.', 'Open the list from its beginning.');
  end if;
  select min(step.id) into oldest from public.agent_trajectories_v2 as step;
  select max(step.id) + 1 into top
  from public.agent_trajectories_v2 as step
  where step.id < coalesce(before::bigint, 9223372036854775807);
  if top is null then
    return json_build_object('runs', '[]'::json, 'next_cursor', null);
  end if;

  -- down in stretches, until there are enough runs, or enough was looked at
  bottom := top;
  while bottom > oldest and found_runs < most and stretches < most_stretches loop
    next_bottom := dashboard.bot_steps_away(bottom, -stretch);
    found_runs := found_runs + (
      select count(distinct dashboard.bot_run_name(step))
      from public.agent_trajectories_v2 as step
      where step.id >= next_bottom and step.id < bottom and step.tenant_id = tenant
    );
    bottom := next_bottom;
    stretches := stretches + 1;
  end loop;
  near_bottom := coalesce(dashboard.bot_steps_away(bottom, -reach), bottom);
  near_top := coalesce(dashboard.bot_steps_away(top, reach), top - 1);

  with near as materialized (
    select step.id, dashboard.bot_run_name(step) as name
    from public.agent_trajectories_v2 as step
    where
      step.id >= near_bottom and step.id <= near_top and step.tenant_id = tenant
  ),
  chosen as materialized (
    select near.name, max(near.id) as last_id, min(near.id) as first_id
    from near
    group by near.name
    -- one that went on after the cursor was told on the page before
    having max(near.id) >= bottom and max(near.id) < top
    order by max(near.id) desc
    limit most
  ),
  steps as (
    select
      chosen.name, chosen.first_id, chosen.last_id, step.id, step.session_id, step.correlation_id, step.created_at,
      step.step_type, step.payload, told.kind, told.phase, dashboard.bot_step_status(step) as status
    from chosen
    inner join near on near.name = chosen.name
    inner join public.agent_trajectories_v2 as step on step.id = near.id
    cross join lateral dashboard.bot_step_kind(step.step_type) as told
  ),
  told as (
    select
      run.first_id,
      run.last_id,
      json_strip_nulls(json_build_object(
        'run_id', run.first_id::text,
        'source', 'bot',
        'trace_id', left(min(run.correlation_id), 200),
        'conversation_id', (array_agg(run.session_id order by run.id) filter (where run.session_id is not null))[1],
        'name', left((array_agg(run.step_type order by run.id))[1], 200),
        'agent', 'bot',
        'status', (array_agg(run.status order by run.id desc))[1],
        'started_at', dashboard.bot_time(min(run.created_at)),
        'ended_at', case
          when (array_agg(run.status order by run.id desc))[1] in ('done', 'error', 'stopped')
            then dashboard.bot_time(max(run.created_at))
        end,
        'last_event_at', dashboard.bot_time(max(run.created_at)),
        'duration_ms', round(
          extract(epoch from dashboard.bot_time(max(run.created_at)) - dashboard.bot_time(min(run.created_at))) * 1000
        ),
        'events', count(*),
        'model_calls', count(*) filter (where run.kind = 'model_call' and run.phase <> 'begun'),
        'tool_calls', count(*) filter (where run.kind = 'tool_call' and run.phase <> 'begun'),
        'failures', count(*) filter (where run.status = 'error'),
        'tokens_input', coalesce(
          sum(dashboard.bot_number(run.payload, 'input_tokens', 'prompt_tokens')) filter (where run.kind = 'model_call'), 0
        ),
        'tokens_output', coalesce(
          sum(dashboard.bot_number(run.payload, 'output_tokens', 'completion_tokens'))
          filter (where run.kind = 'model_call'), 0
        ),
        'cost_is_known', false,
        'models', coalesce(
          array_agg(distinct dashboard.bot_label(run.payload, 'model')) filter (
            where dashboard.bot_label(run.payload, 'model') is not null
          ), '{}'
        )
      )) as run
    from steps as run
    group by run.name, run.first_id, run.last_id
  )
  select json_build_object(
    'runs', coalesce(json_agg(told.run order by told.last_id desc), '[]'),
    'next_cursor', case
      when count(*) = most then min(told.last_id)::text
      when bottom > oldest then bottom::text
    end
  ) into answer
  from told;
  return answer;
end
$$;
grant execute on function dashboard.list_bot_runs(integer, text) to authenticated, dashboard_ingest;

-- The steps of one run as events, with their payloads; `run_key` is the number of its first step. A call and what came
-- of it are one step. Null where there is no such run.
create function dashboard.bot_run_events(run_key text, after integer default 0, at_most integer default 200)
returns json
language plpgsql stable security definer
set search_path = ''
as $$
declare
  tenant uuid := dashboard.events_reader();
  sees boolean := dashboard.sees_contacts();
  most integer := least(greatest(coalesce(at_most, 200), 1), 200);
  reach constant integer := 10000;
  first_id bigint := case when run_key ~ '^[0-9]{1,18}$' then run_key::bigint end;
  last_id bigint;
  run_name text;
  answer json;
begin
  select dashboard.bot_run_name(step) into run_name
  from public.agent_trajectories_v2 as step
  where step.id = first_id and step.tenant_id = tenant;
  if run_name is null then
    return null;
  end if;
  last_id := dashboard.bot_steps_away(first_id, reach);

  with steps as (
    select
      step, told.kind, told.phase, dashboard.bot_label(step.payload, 'tool', 'tool_name', 'name') as tool,
      row_number() over (order by step.id) as seq
    from public.agent_trajectories_v2 as step
    cross join lateral dashboard.bot_step_kind(step.step_type) as told
    where
      step.id >= first_id and step.id <= last_id and step.tenant_id = tenant
      and dashboard.bot_run_name(step) = run_name
  ),
  joined as (
    select
      steps.*,
      lag(steps.phase) over same as phase_before,
      lag((steps.step).id) over same as id_before
    from steps
    window same as (
      partition by steps.kind, case when steps.kind = 'tool_call' then steps.tool end order by steps.seq
    )
  ),
  page as (
    select * from joined
    where joined.seq > coalesce(after, 0)
    order by joined.seq
    limit most + 1
  )
  select json_build_object(
    'events', coalesce(
      json_agg(dashboard.bot_event(page.step, page.seq, first_id,
        case when page.phase = 'ended' and page.phase_before = 'begun' then page.id_before else (page.step).id end, sees)
        order by page.seq) filter (where page.seq <= coalesce(after, 0) + most), '[]'
    ),
    'next_cursor', case when count(*) > most then coalesce(after, 0) + most end
  ) into answer
  from page;
  return answer;
end
$$;
grant execute on function dashboard.bot_run_events(text, integer, integer) to authenticated, dashboard_ingest;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
