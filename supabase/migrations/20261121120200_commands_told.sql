-- How commands are told: to people, and to the agents that they are for.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: who made it, by the name that the salon knows.
create function dashboard.commander(command dashboard.bot_commands)
returns text
language sql stable
set search_path = ''
as $$
  select coalesce(
    (
      select membership.known_as
      from dashboard.memberships as membership
      where membership.user_id = command.created_by and membership.tenant_id = command.tenant_id
    ),
    (select users.full_name from dashboard.users where users.user_id = command.created_by)
  )
$$;

-- Inside: a command as people see it. What is not known is left out.
create function dashboard.command_row(command dashboard.bot_commands, sees boolean)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'command_id', command.command_id,
    'run_id', command.run_id,
    'run_name', (
      select case when sees then run.name else dashboard.mask_contacts(run.name) end
      from dashboard.runs as run
      where run.run_id = command.run_id
    ),
    'kind', command.kind,
    'status', command.status,
    'seq', command.payload -> 'seq',
    'name', case
      when sees then command.payload ->> 'name'
      else dashboard.mask_contacts(command.payload ->> 'name')
    end,
    'comment', case
      when sees then command.payload ->> 'comment'
      else dashboard.mask_contacts(command.payload ->> 'comment')
    end,
    'text', case
      when sees then command.payload ->> 'text'
      else dashboard.mask_contacts(command.payload ->> 'text')
    end,
    'runs', command.payload -> 'runs',
    'created_by', dashboard.commander(command),
    'created_at', command.created_at,
    'sent_at', command.sent_at,
    'received_at', command.received_at,
    'finished_at', command.finished_at,
    'expires_at', command.expires_at,
    'attempts', command.attempts,
    'next_attempt_at', command.next_attempt_at,
    'problem', case when sees then command.problem else dashboard.mask_contacts(command.problem) end,
    'result', case when sees then command.result else dashboard.mask_contacts(command.result) end
  ))
$$;

-- Inside: a command as an agent is told it.
create function dashboard.command_as_sent(command dashboard.bot_commands)
returns jsonb
language sql stable
set search_path = ''
as $$
  select command.payload || jsonb_strip_nulls(jsonb_build_object(
    'command_id', command.command_id,
    'tenant_id', command.tenant_id,
    'kind', command.kind,
    'run_id', command.run_id,
    'trace_id', command.trace_id,
    'event_id', command.event_id,
    'created_at', command.created_at,
    'created_by', dashboard.commander(command),
    'expires_at', command.expires_at,
    'attempt', command.attempts
  ))
$$;

-- Commands of a run or of all, newest first. `before` is the `next_cursor` of the page before.
create function dashboard.list_commands(
  run_id uuid default null, status text default null, at_most integer default 100, before text default null
)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  most integer := least(greatest(coalesce(at_most, 100), 1), 500);
  tenant uuid;
  sees boolean;
  place record;
begin
  perform dashboard.require('runs.read');
  tenant := dashboard.require_tenant();
  sees := dashboard.sees_contacts();
  place := dashboard.checked_run_cursor(before);
  return (
    with page as (
      select command, row_number() over (order by command.created_at desc, command.command_id desc) as place
      from dashboard.bot_commands as command
      where
        command.tenant_id = tenant and (command.created_at, command.command_id) < (place.started_at, place.run_id)
        and (list_commands.run_id is null or command.run_id = list_commands.run_id)
        and (list_commands.status is null or command.status = list_commands.status)
      order by command.created_at desc, command.command_id desc
      limit most + 1
    )
    select jsonb_build_object(
      'commands', coalesce(
        jsonb_agg(dashboard.command_row(page.command, sees) order by page.place) filter (where page.place <= most),
        '[]'
      ),
      'next_cursor', case when count(*) > most then
        max(
          format(
            '%s:%s', (extract(epoch from (page.command).created_at) * 1000000)::bigint, (page.command).command_id
          )
        ) filter (where page.place = most)
      end
    )
    from page
  );
end
$$;
grant execute on function dashboard.list_commands(uuid, text, integer, text) to authenticated;

-- How what a run asked for was decided here: by whom and when; null where it was not.
create function dashboard.approval_decision(run_id uuid, seq integer)
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
    select dashboard.command_row(command, dashboard.sees_contacts())
    from dashboard.runs as run
    inner join dashboard.events as event on event.run_day = run.run_day and event.run_id = run.run_id
    inner join dashboard.bot_commands as command
      on command.tenant_id = run.tenant_id and command.trace_id = event.trace_id
      and command.event_id = event.event_id
    where run.run_id = approval_decision.run_id and run.tenant_id = tenant and event.seq = approval_decision.seq
  );
end
$$;
grant execute on function dashboard.approval_decision(uuid, integer) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
