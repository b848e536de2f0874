-- What agents wait for: requests for an approval that nobody has answered yet.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

create index runs_open on dashboard.runs (tenant_id, status) where status in ('running', 'waiting');
create index events_approvals on dashboard.events (run_id, seq)
where kind in ('approval_request', 'approval_decision');

-- A time with a zone, as ISO 8601 writes it; null for what is none.
create function dashboard.moment_or_null(value text)
returns timestamptz
language plpgsql stable
set search_path = ''
as $$
begin
  if value ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)$' then
    return value::timestamptz;
  end if;
  return null;
exception when datetime_field_overflow or invalid_datetime_format then
  return null;
end
$$;

-- Inside: what a run asks for, each once: of a step that was told of twice, what was told last. Whether it is answered
-- is judged as `trace_status` does. It is to be answered within a day of asking, or sooner if it says so; a clock that
-- is ahead gains nobody any time.
create function dashboard.approvals_of(run dashboard.runs)
returns table (event dashboard.events, payload jsonb, expires_at timestamptz)
language sql stable
set search_path = ''
as $$
  select
    request.asked,
    kept.payload,
    least(
      least((request.asked).at, (request.asked).received_at) + interval '24 hours',
      dashboard.moment_or_null(kept.payload -> 'attributes' ->> 'expires_at')
    )
  from (
    select distinct on (asked.trace_id, asked.step_id) asked
    from dashboard.events as asked
    where asked.run_day = run.run_day and asked.run_id = run.run_id and asked.kind = 'approval_request'
    order by asked.trace_id asc, asked.step_id asc, asked.seq desc
  ) as request
  left join lateral (
    select of_event.payload::jsonb as payload
    from dashboard.event_payloads as of_event
    where
      of_event.run_day = run.run_day and of_event.run_id = run.run_id and of_event.seq = (request.asked).seq
  ) as kept on true
  where
    run.status = 'waiting' and (request.asked).status = 'waiting'
    and (request.asked).at > coalesce(
      (
        select max(answer.at)
        from dashboard.events as answer
        where answer.run_day = run.run_day and answer.run_id = run.run_id and answer.kind = 'approval_decision'
      ),
      '-infinity'
    )
$$;

-- Inside: a request as it is told. What is not known is left out; arguments that would fill the page, too.
create function dashboard.approval_as_told(
  run dashboard.runs, event dashboard.events, payload jsonb, expires_at timestamptz, sees boolean
)
returns jsonb
language sql stable
set search_path = ''
as $$
  select
    jsonb_strip_nulls(jsonb_build_object(
      'run_id', run.run_id,
      'run_name', case when sees then run.name else dashboard.mask_contacts(run.name) end,
      'agent', coalesce(event.source, run.agent),
      'seq', event.seq,
      'event_id', event.event_id,
      'step_id', event.step_id,
      'trace_id', event.trace_id,
      'name', told.name,
      'summary', told.summary,
      'risk', dashboard.plain_line(coalesce(payload -> 'arguments' ->> 'risk', payload -> 'attributes' ->> 'risk'), 40),
      'asked_at', event.at,
      'expires_at', expires_at
    ))
    || case
      when octet_length((payload -> 'arguments')::text) <= 20000 then jsonb_build_object(
        'arguments',
        case when sees then payload -> 'arguments' else dashboard.mask_contacts_in(payload -> 'arguments') end
      )
      else '{}'
    end
  from dashboard.told_columns(event, sees) as told
$$;

-- What waits for somebody to decide: the most urgent first, 200 at most. For people who may see runs, and for keys that
-- may read.
create function dashboard.pending_approvals()
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  tenant uuid := dashboard.events_reader();
  sees boolean := dashboard.sees_contacts();
begin
  return coalesce(
    (
      select
        jsonb_agg(
          dashboard.approval_as_told(pending.run, pending.event, pending.payload, pending.expires_at, sees)
          order by pending.expires_at, (pending.event).run_id, (pending.event).seq
        )
      from (
        select run, approval.event, approval.payload, approval.expires_at
        from dashboard.runs as run
        cross join lateral dashboard.approvals_of(run) as approval
        where
          run.tenant_id = tenant and run.status = 'waiting' and approval.expires_at > now()
          -- of which nothing was heard for a day, nothing is left to be decided: their events are not looked at
          and run.last_event_at > now() - interval '24 hours'
          and not exists (
            select
            from dashboard.bot_commands as decision
            where
              decision.tenant_id = tenant and decision.trace_id = (approval.event).trace_id
              and decision.event_id = (approval.event).event_id
          )
        order by approval.expires_at
        limit 200
      ) as pending
    ),
    '[]'
  );
end
$$;
grant execute on function dashboard.pending_approvals() to authenticated, dashboard_ingest;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
