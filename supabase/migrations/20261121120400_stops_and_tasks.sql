-- Stopping runs, giving them tasks, and telling an agent again what it has not done.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: the stop that an agent has yet to obey; of all runs, where none is named. Null where there is none.
create function dashboard.open_stop(tenant uuid, run_id uuid)
returns dashboard.bot_commands
language sql stable
set search_path = ''
as $$
  select command
  from dashboard.bot_commands as command
  where
    command.tenant_id = tenant and command.run_id is not distinct from open_stop.run_id
    and command.kind in ('stop', 'stop_all') and command.status in ('queued', 'sent', 'received')
  limit 1
$$;

-- A stop that is under way is given back, and nothing else is done.
create function dashboard.stop_run(request_id uuid, run_id uuid, comment text default null)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid;
  replay jsonb;
  run dashboard.runs;
  command dashboard.bot_commands;
begin
  perform dashboard.require('runs.control');
  tenant := dashboard.require_tenant();
  replay := dashboard.begin_write(
    stop_run.request_id, 'stop_run', jsonb_build_object('run_id', stop_run.run_id, 'comment', stop_run.comment)
  );
  if replay is not null then
    return replay;
  end if;

  perform dashboard.lock_commands(tenant);
  run := dashboard.steered_run(tenant, stop_run.run_id);
  perform dashboard.check_is_open(run);
  command := dashboard.open_stop(tenant, run.run_id);
  if command.command_id is not null then
    return dashboard.give_back_command(stop_run.request_id, command);
  end if;
  command := dashboard.put_command(
    tenant, 'stop', run, null, jsonb_build_object('comment', dashboard.checked_comment(stop_run.comment))
  );
  return dashboard.finish_command(stop_run.request_id, 'run.stop_asked', command, jsonb_build_object('name', run.name));
end
$$;
grant execute on function dashboard.stop_run(uuid, uuid, text) to authenticated;

-- Whatever runs, also what the panel has not heard of yet. `runs` says how many it knew of.
create function dashboard.stop_all_runs(request_id uuid, comment text default null)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid;
  replay jsonb;
  command dashboard.bot_commands;
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
  select count(*) into open_runs
  from dashboard.runs as run
  where run.tenant_id = tenant and run.status in ('running', 'waiting');
  command := dashboard.put_command(
    tenant, 'stop_all', null, null,
    jsonb_build_object('comment', dashboard.checked_comment(stop_all_runs.comment), 'runs', open_runs)
  );
  return dashboard.finish_command(
    stop_all_runs.request_id, 'run.stop_all_asked', command, jsonb_build_object('runs', open_runs)
  );
end
$$;
grant execute on function dashboard.stop_all_runs(uuid, text) to authenticated;

create function dashboard.add_plan_task(request_id uuid, run_id uuid, text text)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid;
  replay jsonb;
  run dashboard.runs;
  command dashboard.bot_commands;
begin
  perform dashboard.require('runs.control');
  tenant := dashboard.require_tenant();
  replay := dashboard.begin_write(
    add_plan_task.request_id, 'add_plan_task',
    jsonb_build_object('run_id', add_plan_task.run_id, 'text', add_plan_task.text)
  );
  if replay is not null then
    return replay;
  end if;
  if length(btrim(coalesce(add_plan_task.text, ''))) not between 1 and 500
    or dashboard.has_control_characters(add_plan_task.text) or add_plan_task.text !~ '[^\s\u00a0\u00ad\u200c\u200d]'
  then
    perform dashboard.refuse(
      422, 'task_invalid', 'The task is empty, longer than 500 characters, or has control characters.',
      'Say what is to be done in one line of 1 to 500 characters.'
    );
  end if;

  perform dashboard.lock_commands(tenant);
  run := dashboard.steered_run(tenant, add_plan_task.run_id);
  perform dashboard.check_is_open(run);
  command := dashboard.put_command(
    tenant, 'add_task', run, null, jsonb_build_object('text', btrim(add_plan_task.text))
  );
  return dashboard.finish_command(
    add_plan_task.request_id, 'run.task_added', command,
    jsonb_build_object('name', run.name, 'text', command.payload -> 'text')
  );
end
$$;
grant execute on function dashboard.add_plan_task(uuid, uuid, text) to authenticated;

-- Has the same command go out anew, with the id that it had: an agent that has done it by now does nothing. Refuses one
-- that is under way or done, and one that has no sense any more.
create function dashboard.resend_command(request_id uuid, command_id uuid)
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
    status = 'queued', attempts = 0, next_attempt_at = now(), expires_at = now() + interval '24 hours',
    sent_at = null, received_at = null, finished_at = null, problem = null, result = null
  where known.command_id = command.command_id
  returning known.* into command;
  return dashboard.finish_command(
    resend_command.request_id, 'command.resent', command, jsonb_build_object('kind', command.kind)
  );
end
$$;
grant execute on function dashboard.resend_command(uuid, uuid) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
