-- Deciding what an agent asks for. Who writes in a salon waits for whoever writes there already, so that of two who
-- decide the same, one is told of the other.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Allows or refuses what a run asks for with its event of that number. `decision` is `approve` or `reject`.
create function dashboard.decide_approval(
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
  if exists (
    select
    from dashboard.bot_commands as earlier
    where earlier.tenant_id = tenant and earlier.trace_id = asked.trace_id and earlier.event_id = asked.event_id
  ) then
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
grant execute on function dashboard.decide_approval(uuid, uuid, integer, text, text) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
