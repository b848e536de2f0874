-- What people tell agents to do, and how far each of it has come: told once, done once.
--
--   queued → sent (a push channel has it) → received (an agent has it) → done | failed, as the agent says.
--
-- `dead`: nobody took it, however often it was tried. `expired`: it is too old to be acted on.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

create table dashboard.bot_commands (
  command_id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null,
  -- null: all of the salon's
  run_id uuid,
  kind text not null check (kind in ('approve', 'reject', 'stop', 'stop_all', 'add_task')),
  -- what was asked for that is decided here: with its trace it stays the same when runs are joined, its number does not
  trace_id text check (length(trace_id) <= 200),
  event_id text check (length(event_id) <= 400),
  -- what else the agent is told: its conversation, the step, a comment, the text of a task
  payload jsonb not null default '{}' check (jsonb_typeof(payload) = 'object'),
  status text not null default 'queued' check (
    status in ('queued', 'sent', 'received', 'done', 'failed', 'expired', 'dead')
  ),
  created_by uuid references dashboard.users (user_id) on delete set null,
  created_at timestamptz not null default clock_timestamp(),
  sent_at timestamptz,
  received_at timestamptz,
  finished_at timestamptz,
  -- by the way that it goes now: a push channel, or agents that ask
  attempts integer not null default 0,
  -- null: it is handed to nobody any more
  next_attempt_at timestamptz default now(),
  -- it is not handed out later than that
  expires_at timestamptz not null default now() + interval '24 hours',
  -- a code of ours, what a push channel answered, or why the agent failed
  problem text check (length(problem) <= 2000),
  -- what the agent says it has done
  result text check (length(result) <= 2000),
  constraint bot_commands_run_check check ((run_id is null) = (kind = 'stop_all')),
  constraint bot_commands_event_check check ((event_id is not null) = (kind in ('approve', 'reject')))
);
create index bot_commands_created_at on dashboard.bot_commands (tenant_id, created_at desc, command_id desc);
create index bot_commands_run_id on dashboard.bot_commands (run_id, created_at desc);
create index bot_commands_created_by on dashboard.bot_commands (created_by);
create index bot_commands_open on dashboard.bot_commands (tenant_id, next_attempt_at)
where status in ('queued', 'sent', 'received');
-- one decision for each thing that is asked
create unique index bot_commands_decision on dashboard.bot_commands (tenant_id, trace_id, event_id)
where event_id is not null;
alter table dashboard.bot_commands enable row level security; -- no policy, no grant: for our own functions only

-- Pages --------------------------------------------------------------------------------------------------------------

alter table dashboard.changes drop constraint changes_stream_check;
alter table dashboard.changes add constraint changes_stream_check check (
  stream in (
    'dialogues', 'messages', 'annotations', 'filters', 'members', 'tenant', 'jobs', 'audit', 'runs', 'commands'
  )
) not valid;
alter table dashboard.changes validate constraint changes_stream_check;

create function dashboard.note_commands_made()
returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  insert into dashboard.changes (tenant_id, stream)
  select distinct made.tenant_id, 'commands' from made;
  return null;
end
$$;
create trigger note_commands_made
after insert on dashboard.bot_commands
referencing new table as made
for each statement execute function dashboard.note_commands_made();

-- Tries alone concern no page.
create function dashboard.note_commands_moved()
returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  insert into dashboard.changes (tenant_id, stream)
  select distinct moved.tenant_id, 'commands'
  from moved
  inner join earlier on earlier.command_id = moved.command_id
  where (moved.status, moved.run_id) is distinct from (earlier.status, earlier.run_id);
  return null;
end
$$;
create trigger note_commands_moved
after update on dashboard.bot_commands
referencing old table as earlier new table as moved
for each statement execute function dashboard.note_commands_moved();

-- Runs ---------------------------------------------------------------------------------------------------------------

-- A run that goes on where another one waited takes its commands along (see `join_run`).
create function dashboard.move_commands()
returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  update dashboard.bot_commands as command
  set run_id = new.run_id
  where command.run_id = old.run_id;
  return null;
end
$$;
create trigger move_commands
after update of run_id on dashboard.run_traces
for each row when (old.run_id is distinct from new.run_id) execute function dashboard.move_commands();

-- And a run whose time is over.
create function dashboard.drop_commands()
returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  delete from dashboard.bot_commands as command
  using gone
  where command.run_id = gone.run_id;
  return null;
end
$$;
create trigger drop_commands
after delete on dashboard.runs
referencing old table as gone
for each statement execute function dashboard.drop_commands();

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
