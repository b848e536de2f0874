-- What the writes of people who steer agents have in common: what they are checked for, and how they end.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: what a person says in passing, of at most 500 characters; null where they say nothing.
create function dashboard.checked_comment(value text)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  body text;
begin
  -- the length first: no pattern is run over a megabyte
  if length(value) > 1000 then
    perform dashboard.refuse(
      422, 'comment_invalid', 'The comment is longer than 500 characters.', 'Write at most 500 characters.'
    );
  end if;
  body := nullif(
    btrim(
      regexp_replace(
        replace(value, e'\r\n', e'\n'),
        '[\u0001-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]', '', 'g'
      ), e' \t\n'
    ), ''
  );
  if length(body) > 500 then
    perform dashboard.refuse(
      422, 'comment_invalid', 'The comment is longer than 500 characters.', 'Write at most 500 characters.'
    );
  end if;
  return body;
end
$$;

-- Inside: has the writes of a salon's people wait for each other, from here on.
create function dashboard.lock_commands(tenant uuid)
returns void
language sql volatile
set search_path = ''
as $$ select pg_advisory_xact_lock(hashtextextended('bot_commands ' || tenant::text, 0)) $$;

-- Inside: a run of the salon. Refuses one that is none.
create function dashboard.steered_run(tenant uuid, run_id uuid)
returns dashboard.runs
language plpgsql stable
set search_path = ''
as $$
declare
  known dashboard.runs;
begin
  select * into known
  from dashboard.runs as run
  where run.run_id = steered_run.run_id and run.tenant_id = tenant;
  if not found then
    perform dashboard.refuse(
      404, 'run_not_found', 'There is no such run in this salon.', 'Look at the list again: it may be over its time.'
    );
  end if;
  return known;
end
$$;

-- Inside: refuses a run that has ended: nobody is left to be told anything.
create function dashboard.check_is_open(run dashboard.runs)
returns void
language plpgsql immutable
set search_path = ''
as $$
begin
  if run.status in ('done', 'error', 'stopped') then
    perform dashboard.refuse(409, 'run_ended', 'This run has ended.', 'Look at how it ended.');
  end if;
end
$$;

-- Inside: refuses what a run no longer asks for.
create function dashboard.check_is_asked(run dashboard.runs, event dashboard.events)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  open_until timestamptz;
begin
  select approval.expires_at into open_until
  from dashboard.approvals_of(run) as approval
  where (approval.event).trace_id = event.trace_id and (approval.event).event_id = event.event_id;
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

-- Inside: a new command. What an agent finds its run by is in it: of a run with several traces, the newest.
create function dashboard.put_command(
  tenant uuid, kind text, run dashboard.runs, event dashboard.events, payload jsonb
)
returns dashboard.bot_commands
language plpgsql volatile
set search_path = ''
as $$
declare
  saved dashboard.bot_commands;
begin
  insert into dashboard.bot_commands as command (tenant_id, run_id, kind, trace_id, event_id, payload, created_by)
  select
    put_command.tenant,
    run.run_id,
    put_command.kind,
    coalesce(
      event.trace_id,
      (
        select trace.trace_id
        from dashboard.run_traces as trace
        where trace.run_id = run.run_id
        order by trace.began_at desc
        limit 1
      )
    ),
    event.event_id,
    jsonb_strip_nulls(
      jsonb_build_object(
        'conversation_id', run.conversation_id, 'step_id', event.step_id, 'seq', event.seq, 'name', event.name
      )
      || put_command.payload
    ),
    dashboard.current_user_id()
  returning command.* into saved;
  return saved;
end
$$;

-- Inside: what every one of these writes ends with. `details` are for the audit log.
create function dashboard.finish_command(
  request_id uuid, action text, command dashboard.bot_commands, details jsonb
)
returns jsonb
language sql volatile
set search_path = ''
as $$
  select dashboard.finish_write(
    request_id, command.tenant_id, action, command.command_id::text,
    jsonb_strip_nulls(
      jsonb_build_object('run_id', command.run_id, 'comment', command.payload -> 'comment') || details
    ),
    dashboard.command_row(command, dashboard.sees_contacts())
  )
$$;

-- Inside: answers a write with a command that is under way already, for which nothing was done.
create function dashboard.give_back_command(request_id uuid, command dashboard.bot_commands)
returns jsonb
language sql volatile
set search_path = ''
as $$
  update dashboard.write_requests as request
  set response = dashboard.command_row(command, dashboard.sees_contacts())
  where request.request_id = give_back_command.request_id
  returning request.response
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
