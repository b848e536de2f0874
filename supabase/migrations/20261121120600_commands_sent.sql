-- Commands for the panel's push channels. One may be sent more than once, always with the same id.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Ends what is too old or was tried too often, in all salons; says how many those were.
create function dashboard.give_up_commands()
returns integer
language sql volatile security definer
set search_path = ''
as $$ select dashboard.end_stale_commands(null) $$;
grant execute on function dashboard.give_up_commands() to dashboard_worker;

-- What is due for a push channel, of all salons, oldest first. Until the panel says what became of it, nobody else is
-- handed it, for half a minute: longer than any channel may take.
create function dashboard.commands_to_send(at_most integer)
returns jsonb
language sql volatile security definer
set search_path = ''
as $$
  with due as (
    select command.command_id
    from dashboard.bot_commands as command
    where command.status = 'queued' and command.next_attempt_at <= now() and command.attempts < 8
    order by command.created_at, command.command_id
    limit least(greatest(commands_to_send.at_most, 1), 100)
    for update skip locked
  ),
  leased as (
    update dashboard.bot_commands as command
    set attempts = command.attempts + 1, next_attempt_at = now() + interval '30 seconds'
    from due
    where command.command_id = due.command_id
    returning command
  )
  select
    coalesce(
      jsonb_agg(
        dashboard.command_as_sent(leased.command)
        order by (leased.command).created_at, (leased.command).command_id
      ), '[]'
    )
  from leased
$$;
grant execute on function dashboard.commands_to_send(integer) to dashboard_worker;

-- A push channel has taken it. Who has answered it already is ahead of us.
create function dashboard.note_sent(command_id uuid)
returns void
language sql volatile security definer
set search_path = ''
as $$
  update dashboard.bot_commands as command
  set status = 'sent', sent_at = now(), next_attempt_at = now() + interval '60 seconds', problem = null
  where command.command_id = note_sent.command_id and command.status = 'queued'
$$;
grant execute on function dashboard.note_sent(uuid) to dashboard_worker;

-- No push channel has taken it: it is tried again after 1, 2, 4 … 60 seconds, and given up after the eighth time.
create function dashboard.note_unsent(command_id uuid, problem text)
returns void
language sql volatile security definer
set search_path = ''
as $$
  update dashboard.bot_commands as command
  set
    problem = dashboard.plain_line(note_unsent.problem, 200),
    status = case when command.attempts >= 8 then 'dead' else 'queued' end,
    finished_at = case when command.attempts >= 8 then now() end,
    next_attempt_at = case
      when command.attempts < 8 then now() + least(2 ^ (command.attempts - 1), 60) * interval '1 second'
    end
  where command.command_id = note_unsent.command_id and command.status = 'queued'
$$;
grant execute on function dashboard.note_unsent(uuid, text) to dashboard_worker;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
