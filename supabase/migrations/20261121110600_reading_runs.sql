-- Reading runs and their events: for people who may see runs, and for keys that may read.
--
-- Plans are kept (`force_generic_plan`): to plan anew over all partitions takes longer than to read what is asked for.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Runs, newest first. `search` looks into names, agents and ids of traces.
create function dashboard.list_runs(
  at_most integer default 100,
  before text default null,
  status text default null,
  conversation text default null,
  agent text default null,
  since timestamptz default null,
  until timestamptz default null,
  search text default null
)
returns json
language plpgsql stable security definer
set search_path = ''
as $$
declare
  tenant uuid := dashboard.events_reader();
  place record := dashboard.checked_run_cursor(before);
  answer json;
begin
  -- only the conditions that are asked for, so that each list is planned by what it can use
  execute 'with page as (
      select run, row_number() over (order by run.started_at desc, run.run_id desc) as place
      from dashboard.runs as run
      where
        run.tenant_id = $1 and (run.started_at, run.run_id) < ($2, $3)'
    || case when status is not null then ' and run.status = $4' else '' end
    || case when conversation is not null then ' and run.conversation_id = $5' else '' end
    || case when agent is not null then ' and run.agent = $6' else '' end
    || case when since is not null then ' and run.started_at >= $7' else '' end
    || case when until is not null then ' and run.started_at < $8' else '' end
    || case
      when search is not null
        then ' and (run.name ilike $9 or run.agent ilike $9 or run.conversation_id = $10 or run.trace_id = $10)'
      else ''
    end
    || ' order by run.started_at desc, run.run_id desc
      limit $11 + 1
    )
    select json_build_object(
      ''runs'', coalesce(
        json_agg(dashboard.run_as_told(page.run, $12) order by page.place) filter (where page.place <= $11), ''[]''
      ),
      ''next_cursor'', case when count(*) > $11 then
        max(
          format(''%s:%s'', (extract(epoch from (page.run).started_at) * 1000000)::bigint, (page.run).run_id)
        ) filter (where page.place = $11)
      end
    )
    from page'
  into answer
  using
    tenant, place.started_at, place.run_id, status, conversation, agent, since, until,
    '%' || regexp_replace(left(search, 200), '([\\%_])', '\\\1', 'g') || '%', left(search, 200),
    least(greatest(coalesce(at_most, 100), 1), 500), dashboard.sees_contacts();
  return answer;
end
$$;

-- One run; null where there is none, or none that the reader may know of.
create function dashboard.run(run_id uuid)
returns json
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  tenant uuid := dashboard.events_reader();
begin
  return (
    select dashboard.run_as_told(known, dashboard.sees_contacts())
    from dashboard.runs as known
    where known.run_id = run.run_id and known.tenant_id = tenant
  );
end
$$;

-- The run that a trace is of; null where there is none.
create function dashboard.run_of_trace(trace_id text)
returns uuid
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  tenant uuid := dashboard.events_reader();
begin
  return (
    select trace.run_id
    from dashboard.run_traces as trace
    where trace.tenant_id = tenant and trace.trace_id = run_of_trace.trace_id
  );
end
$$;

-- Inside: a page of a run's events in their order, or of one of its traces; null where there is no such run.
create function dashboard.events_page(
  tenant uuid, run_id uuid, trace_id text, after integer, at_most integer, with_payloads boolean
)
returns json
language plpgsql stable
set search_path = ''
as $$
declare
  sees boolean := dashboard.sees_contacts();
  most integer := least(greatest(coalesce(at_most, 1000), 1), case when with_payloads then 200 else 1000 end);
  of_day date;
  answer json;
begin
  select run.run_day into of_day
  from dashboard.runs as run
  where run.run_id = events_page.run_id and run.tenant_id = tenant;
  if of_day is null then
    return null;
  end if;

  with page as materialized (
    select event, row_number() over (order by event.seq) as place
    from dashboard.events as event
    where
      event.run_day = of_day and event.run_id = events_page.run_id and event.seq > coalesce(after, 0)
      and (events_page.trace_id is null or event.trace_id = events_page.trace_id)
    order by event.seq
    limit most + 1
  )
  select json_build_object(
    'events', coalesce(
      json_agg(
        case
          when with_payloads then dashboard.event_with_payload(page.event, sees)::json
          else json_strip_nulls(row_to_json(told))
        end
        order by page.place
      ) filter (where page.place <= most), '[]'
    ),
    'next_cursor', case when count(*) > most then max((page.event).seq) filter (where page.place = most) end
  ) into answer
  from page
  cross join lateral dashboard.told_columns(page.event, sees) as told;
  return answer;
end
$$;

-- A run's events in their order, without payloads, after the one with the number `after`; null without such a run.
create function dashboard.run_events(run_id uuid, after integer default 0, at_most integer default 1000)
returns json
language sql stable security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
  select dashboard.events_page(dashboard.events_reader(), run_id, null, after, at_most, false)
$$;

-- The same of one trace; null where there is none.
create function dashboard.trace_events(trace_id text, after integer default 0, at_most integer default 1000)
returns json
language sql stable security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
  select dashboard.events_page(
    dashboard.events_reader(), dashboard.run_of_trace(trace_id), trace_id, after, at_most, false
  )
$$;

-- The same of a run with payloads, at most 200 at a time: what it takes to make the run again elsewhere.
create function dashboard.run_export(run_id uuid, after integer default 0, at_most integer default 200)
returns json
language sql stable security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
  select dashboard.events_page(dashboard.events_reader(), run_id, null, after, at_most, true)
$$;

-- One event with its payload; null where there is none.
create function dashboard.event_detail(run_id uuid, seq integer)
returns jsonb
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  tenant uuid := dashboard.events_reader();
begin
  return (
    select dashboard.event_with_payload(event, dashboard.sees_contacts())
    from dashboard.runs as run
    inner join dashboard.events as event on event.run_day = run.run_day and event.run_id = run.run_id
    where run.run_id = event_detail.run_id and run.tenant_id = tenant and event.seq = event_detail.seq
  );
end
$$;

-- What was told of a step (in OTLP: of a span), with payloads, oldest first.
create function dashboard.step_events(step_id text)
returns jsonb
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  tenant uuid := dashboard.events_reader();
begin
  return (
    select coalesce(
      jsonb_agg(dashboard.event_with_payload(step.event, dashboard.sees_contacts()) order by (step.event).received_at, (step.event).seq), '[]'
    )
    from (
      select event
      from dashboard.events as event
      where event.step_id = step_events.step_id and event.tenant_id = tenant
      order by event.received_at desc
      limit 100
    ) as step
  );
end
$$;

grant execute on function dashboard.list_runs(integer, text, text, text, text, timestamptz, timestamptz, text)
to authenticated, dashboard_ingest;
grant execute on function dashboard.run(uuid) to authenticated, dashboard_ingest;
grant execute on function dashboard.run_of_trace(text) to authenticated, dashboard_ingest;
grant execute on function dashboard.run_events(uuid, integer, integer) to authenticated, dashboard_ingest;
grant execute on function dashboard.trace_events(text, integer, integer) to authenticated, dashboard_ingest;
grant execute on function dashboard.run_export(uuid, integer, integer) to authenticated, dashboard_ingest;
grant execute on function dashboard.event_detail(uuid, integer) to authenticated, dashboard_ingest;
grant execute on function dashboard.step_events(text) to authenticated, dashboard_ingest;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
