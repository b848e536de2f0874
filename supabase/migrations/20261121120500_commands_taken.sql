-- Commands for agents that ask for them. One may come more than once, always with the same id.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: ends what is too old to be acted on, and what nobody has taken however often it was tried; in a salon, or in
-- all of them. Says how many those were.
create function dashboard.end_stale_commands(tenant uuid)
returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  ended integer;
begin
  with stale as (
    select command.command_id
    from dashboard.bot_commands as command
    where
      command.status in ('queued', 'sent', 'received')
      and (end_stale_commands.tenant is null or command.tenant_id = end_stale_commands.tenant)
      and (
        command.expires_at <= now()
        or command.next_attempt_at <= now()
        and (command.status = 'received' and command.attempts >= 5 or command.status = 'queued' and command.attempts >= 8)
      )
    order by command.command_id
    for update skip locked
  )
  update dashboard.bot_commands as command
  set
    status = case when command.expires_at <= now() then 'expired' else 'dead' end,
    problem = coalesce(
      command.problem,
      case
        when command.status = 'queued' and command.attempts = 0 then 'not_taken'
        else 'not_answered'
      end
    ),
    finished_at = now(),
    next_attempt_at = null
  from stale
  where command.command_id = stale.command_id;
  get diagnostics ended = row_count;
  return ended;
end
$$;

-- What there is to do for the salon of a key, oldest first. From then on it is the asker's: what is not answered within
-- a minute is handed out again, five times at most. So is what a push channel took and nobody answered.
create function dashboard.take_commands(at_most integer default 10)
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
grant execute on function dashboard.take_commands(integer) to dashboard_ingest;

-- What became of a command, by the agent that has it: `received` (it is at work, and is not to be told again), `done`
-- or `failed`, with a word on it. Said again, it changes nothing. What comes when we have given it up counts as well.
create function dashboard.answer_command(command_id uuid, status text, detail text default null)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid := dashboard.require_key('control');
  said text := dashboard.plain_line(detail, 2000);
  command dashboard.bot_commands;
begin
  if coalesce(answer_command.status, '') not in ('received', 'done', 'failed') then
    perform dashboard.refuse(422, 'status_invalid', 'This is no answer.', 'Send received, done or failed.');
  end if;
  select * into command
  from dashboard.bot_commands as known
  where known.command_id = answer_command.command_id and known.tenant_id = tenant
  for update;
  if not found then
    perform dashboard.refuse(
      404, 'command_not_found', 'There is no such command in this salon.', 'Send the id that came with the command.'
    );
  end if;

  if answer_command.status = 'received' then
    update dashboard.bot_commands as known
    set
      status = 'received', received_at = coalesce(known.received_at, now()), finished_at = null,
      next_attempt_at = null, problem = null
    where known.command_id = command.command_id and known.status in ('queued', 'sent', 'received', 'dead')
    returning known.* into command;
  elsif command.status in ('done', 'failed') and command.status <> answer_command.status then
    perform dashboard.refuse(
      409, 'command_finished', 'Another answer was given before.', 'Leave it at that: the first one counts.'
    );
  elsif command.status <> answer_command.status then
    update dashboard.bot_commands as known
    set
      status = answer_command.status, received_at = coalesce(known.received_at, now()), finished_at = now(),
      next_attempt_at = null,
      problem = case answer_command.status when 'failed' then said end,
      result = case answer_command.status when 'done' then said end
    where known.command_id = command.command_id
    returning known.* into command;
  end if;
  return (
    select jsonb_build_object('command_id', known.command_id, 'status', known.status)
    from dashboard.bot_commands as known
    where known.command_id = answer_command.command_id
  );
end
$$;
grant execute on function dashboard.answer_command(uuid, text, text) to dashboard_ingest;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
