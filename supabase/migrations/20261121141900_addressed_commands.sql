-- Agents that ask for what concerns their own runs, and leave alone what concerns others: where several agents of a
-- salon ask, each would else take what is another's, and keep it for a minute.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- What there is to do for the salon of a key, oldest first: of the runs with these traces, where any are named. From
-- then on it is the asker's: what is not answered within a minute is handed out again, five times at most. So is what a
-- push channel took and nobody answered.
drop function dashboard.take_commands(integer);
create function dashboard.take_commands(at_most integer default 10, traces text[] default null)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid := dashboard.require_key('control');
  taken jsonb;
begin
  perform dashboard.end_stale_commands(tenant);
  with due as (
    select command.command_id
    from dashboard.bot_commands as command
    where
      command.tenant_id = tenant and command.status in ('queued', 'sent', 'received')
      and command.next_attempt_at <= now()
      and (
        traces is null
        or command.run_id in (
          select trace.run_id
          from dashboard.run_traces as trace
          where trace.tenant_id = tenant and trace.trace_id = any(traces)
        )
      )
    order by command.created_at, command.command_id
    limit least(greatest(coalesce(take_commands.at_most, 10), 1), 100)
    for update skip locked
  ),
  handed_out as (
    update dashboard.bot_commands as command
    set
      status = 'received',
      received_at = coalesce(command.received_at, now()),
      attempts = case when command.status = 'received' then command.attempts + 1 else 1 end,
      next_attempt_at = now() + interval '60 seconds',
      problem = null
    from due
    where command.command_id = due.command_id
    returning command
  )
  select
    coalesce(
      jsonb_agg(
        dashboard.command_as_sent(handed_out.command)
        order by (handed_out.command).created_at, (handed_out.command).command_id
      ), '[]'
    )
  into taken
  from handed_out;
  return taken;
end
$$;
grant execute on function dashboard.take_commands(integer, text[]) to dashboard_ingest;

-- Whatever runs: each run that was heard of within a day is told to stop, and so is the salon as a whole, for runs that
-- the panel has not heard of yet. That has no sense for long: an agent that is back after ten minutes may begin anew.
-- `runs` says how many were running; of more than 1,000, those that were heard of last are told.
create or replace function dashboard.stop_all_runs(request_id uuid, comment text default null)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid;
  replay jsonb;
  said jsonb;
  command dashboard.bot_commands;
  run dashboard.runs;
  open_runs bigint;
begin
  perform dashboard.require('runs.control');
  tenant := dashboard.require_tenant();
  replay := dashboard.begin_write(
    stop_all_runs.request_id, 'stop_all_runs', jsonb_build_object('comment', stop_all_runs.comment)
  );
  if replay is not null then
    return replay;
  end if;

  perform dashboard.lock_commands(tenant);
  command := dashboard.open_stop(tenant, null);
  if command.command_id is not null then
    return dashboard.give_back_command(stop_all_runs.request_id, command);
  end if;
  said := jsonb_build_object('comment', dashboard.checked_comment(stop_all_runs.comment));
  select count(*) into open_runs
  from dashboard.runs as known
  where known.tenant_id = tenant and known.status in ('running', 'waiting');
  command := dashboard.put_command(tenant, 'stop_all', null, null, said || jsonb_build_object('runs', open_runs));
  update dashboard.bot_commands as known
  set expires_at = now() + interval '10 minutes'
  where known.command_id = command.command_id
  returning known.* into command;
  for run in
    select *
    from dashboard.runs as known
    where
      known.tenant_id = tenant and known.status in ('running', 'waiting')
      and greatest(known.last_event_at, known.heard_at) > now() - interval '24 hours'
    order by known.last_event_at desc
    limit 1000
  loop
    if (dashboard.open_stop(tenant, run.run_id)).command_id is null then
      perform dashboard.put_command(tenant, 'stop', run, null, said);
    end if;
  end loop;
  return dashboard.finish_command(
    stop_all_runs.request_id, 'run.stop_all_asked', command, jsonb_build_object('runs', open_runs)
  );
end
$$;

-- Has the same command go out anew, with the id that it had: an agent that has done it by now does nothing. Refuses one
-- that is under way or done, and one that has no sense any more.
create or replace function dashboard.resend_command(request_id uuid, command_id uuid)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid;
  replay jsonb;
  command dashboard.bot_commands;
  run dashboard.runs;
  asked dashboard.events;
begin
  perform dashboard.require('runs.control');
  tenant := dashboard.require_tenant();
  replay := dashboard.begin_write(
    resend_command.request_id, 'resend_command', jsonb_build_object('command_id', resend_command.command_id)
  );
  if replay is not null then
    return replay;
  end if;

  perform dashboard.lock_commands(tenant);
  select * into command
  from dashboard.bot_commands as known
  where known.command_id = resend_command.command_id and known.tenant_id = tenant
  for update;
  if not found then
    perform dashboard.refuse(
      404, 'command_not_found', 'There is no such command in this salon.', 'Look at the list again.'
    );
  end if;
  if command.status not in ('dead', 'failed', 'expired')
    or (dashboard.open_stop(tenant, command.run_id)).kind = command.kind
  then
    perform dashboard.refuse(
      409, 'command_under_way', 'This is done, or under way.', 'Look at the list again: it has changed.'
    );
  end if;
  if command.run_id is not null then
    run := dashboard.steered_run(tenant, command.run_id);
    if command.event_id is null then
      perform dashboard.check_is_open(run);
    else
      select * into asked
      from dashboard.events as event
      where event.run_day = run.run_day and event.run_id = run.run_id and event.event_id = command.event_id;
      perform dashboard.check_is_asked(run, asked);
    end if;
  end if;

  update dashboard.bot_commands as known
  set
    status = 'queued', attempts = 0, next_attempt_at = now(),
    expires_at = now() + case when known.kind = 'stop_all' then interval '10 minutes' else interval '24 hours' end,
    sent_at = null, received_at = null, finished_at = null, problem = null, result = null
  where known.command_id = command.command_id
  returning known.* into command;
  return dashboard.finish_command(
    resend_command.request_id, 'command.resent', command, jsonb_build_object('kind', command.kind)
  );
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
