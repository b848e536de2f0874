-- One decision for each thing that is asked, also where the agent tells of it again: a step that has begun and then
-- ended is two events, and people would be asked a second time for what they have decided.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

create index bot_commands_step on dashboard.bot_commands (tenant_id, trace_id, (payload ->> 'step_id'))
where event_id is not null;

-- Inside: how what a run asks for was decided here, by this event or by another one of its step; null where it was not.
-- An agent that has told of an answer since then may ask anew by the same step.
create function dashboard.decision_of(event dashboard.events)
returns dashboard.bot_commands
language sql stable
set search_path = ''
as $$
  select command
  from dashboard.bot_commands as command
  where
    command.tenant_id = event.tenant_id and command.trace_id = event.trace_id and command.event_id is not null
    and (
      command.event_id = event.event_id
      or command.payload ->> 'step_id' = event.step_id and not exists (
        select
        from dashboard.events as answer
        where
          answer.run_day = event.run_day and answer.run_id = event.run_id and answer.kind = 'approval_decision'
          and answer.received_at > command.created_at
      )
    )
  order by command.event_id = event.event_id desc, command.created_at desc
  limit 1
$$;

-- Inside: refuses what a run no longer asks for, by any event of that step.
create or replace function dashboard.check_is_asked(run dashboard.runs, event dashboard.events)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  open_until timestamptz;
begin
  select approval.expires_at into open_until
  from dashboard.approvals_of(run) as approval
  where (approval.event).trace_id = event.trace_id and (approval.event).step_id = event.step_id;
  if open_until is null then
    perform dashboard.refuse(
      409, 'approval_answered', 'The agent does not wait for this any more.', 'Look at how the run went on.'
    );
  end if;
  if open_until <= now() then
    perform dashboard.refuse(
      409, 'approval_expired', 'It is too late to decide this.', 'Stop the run, and have the agent ask again.'
    );
  end if;
end
$$;

-- What waits for somebody to decide: the most urgent first, 200 at most. For people who may see runs, and for keys that
-- may read.
create or replace function dashboard.pending_approvals()
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
          and (dashboard.decision_of(approval.event)).command_id is null
        order by approval.expires_at
        limit 200
      ) as pending
    ),
    '[]'
  );
end
$$;
-- Allows or refuses what a run asks for with its event of that number. `decision` is `approve` or `reject`.
create or replace function dashboard.decide_approval(
  request_id uuid, run_id uuid, seq integer, decision text, comment text default null
)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid;
  replay jsonb;
  run dashboard.runs;
  asked dashboard.events;
  saved dashboard.bot_commands;
begin
  perform dashboard.require('runs.control');
  tenant := dashboard.require_tenant();
  replay := dashboard.begin_write(
    decide_approval.request_id, 'decide_approval',
    jsonb_build_object(
      'run_id', decide_approval.run_id, 'seq', decide_approval.seq, 'decision', decide_approval.decision,
      'comment', decide_approval.comment
    )
  );
  if replay is not null then
    return replay;
  end if;
  if coalesce(decide_approval.decision, '') not in ('approve', 'reject') then
    perform dashboard.refuse(
      422, 'decision_invalid', 'This is no decision.', 'Send approve or reject.'
    );
  end if;

  perform dashboard.lock_commands(tenant);
  run := dashboard.steered_run(tenant, decide_approval.run_id);
  select * into asked
  from dashboard.events as event
  where
    event.run_day = run.run_day and event.run_id = run.run_id and event.seq = decide_approval.seq
    and event.kind = 'approval_request';
  if not found then
    perform dashboard.refuse(
      404, 'approval_not_found', 'This run does not ask for that.', 'Look at the list of approvals again.'
    );
  end if;
  if (dashboard.decision_of(asked)).command_id is not null then
    perform dashboard.refuse(
      409, 'approval_decided', 'This has been decided already.', 'Look at who decided it, and how.'
    );
  end if;
  perform dashboard.check_is_asked(run, asked);
  saved := dashboard.put_command(
    tenant, decide_approval.decision, run, asked,
    jsonb_build_object('comment', dashboard.checked_comment(decide_approval.comment))
  );
  return dashboard.finish_command(
    decide_approval.request_id,
    case decide_approval.decision when 'approve' then 'approval.approved' else 'approval.rejected' end, saved,
    jsonb_build_object('seq', asked.seq, 'name', asked.name)
  );
end
$$;
-- How what a run asked for was decided here: by whom and when; null where it was not.
create or replace function dashboard.approval_decision(run_id uuid, seq integer)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  tenant uuid;
begin
  perform dashboard.require('runs.read');
  tenant := dashboard.require_tenant();
  return (
    select dashboard.command_row(decision, dashboard.sees_contacts())
    from dashboard.runs as run
    inner join dashboard.events as event on event.run_day = run.run_day and event.run_id = run.run_id
    cross join lateral dashboard.decision_of(event) as decision
    where
      run.run_id = approval_decision.run_id and run.tenant_id = tenant and event.seq = approval_decision.seq
      and decision.command_id is not null
  );
end
$$;
do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
