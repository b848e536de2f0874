-- Runs of agents and their events: what happened, in order, kept by the week.
--
-- A run is one task of an agent; an event tells of one of its steps and never changes. Events stand in the partition of
-- the day on which their run was first heard of, so that a run is in one partition, told again at any time it is found
-- to be known, and goes whole when its time is over. What is large stands apart: the feed does not read it.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

create table dashboard.runs (
  run_id uuid primary key,
  tenant_id uuid not null,
  -- in UTC; the partition of its events
  run_day date not null,
  -- the first of its traces: an approval goes on in another one
  trace_id text not null check (length(trace_id) <= 200),
  conversation_id text check (length(conversation_id) <= 400),
  name text not null check (length(name) <= 400),
  agent text check (length(agent) <= 400),
  status text not null default 'running' check (status in ('running', 'waiting', 'done', 'error', 'stopped')),
  -- by the emitters' clocks
  started_at timestamptz not null,
  ended_at timestamptz,
  last_event_at timestamptz not null,
  -- by ours
  heard_at timestamptz not null default clock_timestamp(),
  last_seq integer not null default 0,
  model_calls integer not null default 0,
  tool_calls integer not null default 0,
  failures integer not null default 0,
  tokens_input bigint not null default 0,
  tokens_output bigint not null default 0,
  tokens_cached bigint not null default 0,
  tokens_reasoning bigint not null default 0,
  cost numeric not null default 0,
  -- calls whose price is not known: with one of them, the cost is "at least"
  unpriced_calls integer not null default 0,
  currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  models text[] not null default '{}',
  -- secrets that were taken out of its events
  removed integer not null default 0
) with (fillfactor = 70);
create index runs_started_at on dashboard.runs (tenant_id, started_at desc, run_id desc);
create index runs_conversation on dashboard.runs (tenant_id, conversation_id, started_at desc)
where conversation_id is not null;
create index runs_day on dashboard.runs (run_day, tenant_id);

create table dashboard.run_traces (
  tenant_id uuid not null,
  trace_id text not null check (length(trace_id) <= 200),
  run_id uuid not null,
  run_day date not null,
  began_at timestamptz not null,
  -- the last wait for a person, and the last answer of one
  waiting_at timestamptz,
  decided_at timestamptz,
  root_status text,
  root_ended_at timestamptz,
  primary key (tenant_id, trace_id)
) with (fillfactor = 80);
create index run_traces_run_id on dashboard.run_traces (run_id);

create table dashboard.events (
  run_day date not null,
  run_id uuid not null,
  -- without a gap, in the order of arrival
  seq integer not null,
  tenant_id uuid not null,
  event_id text not null check (length(event_id) <= 400),
  trace_id text not null check (length(trace_id) <= 200),
  step_id text not null check (length(step_id) <= 400),
  parent_id text check (length(parent_id) <= 400),
  kind text not null check (length(kind) <= 40),
  phase text not null check (phase in ('begun', 'ended', 'point')),
  status text not null check (status in ('running', 'waiting', 'done', 'error', 'stopped')),
  name text not null check (length(name) <= 400),
  source text check (length(source) <= 400),
  node text check (length(node) <= 400),
  iteration integer,
  model text check (length(model) <= 400),
  provider text check (length(provider) <= 400),
  at timestamptz not null,
  ended_at timestamptz,
  tokens_input bigint,
  tokens_output bigint,
  tokens_cache_read bigint,
  tokens_cache_write bigint,
  tokens_reasoning bigint,
  -- null: not known, which is not 0
  cost numeric,
  currency text,
  -- a line for the feed
  summary text check (length(summary) <= 400),
  problem_type text check (length(problem_type) <= 400),
  problem text check (length(problem) <= 1000),
  removed integer not null default 0,
  has_payload boolean not null,
  received_at timestamptz not null default clock_timestamp(),
  primary key (run_day, run_id, seq)
) partition by range (run_day);
create unique index events_once on dashboard.events (run_day, run_id, event_id);
create index events_step on dashboard.events (step_id, tenant_id);
create index events_inner_calls on dashboard.events (run_id, parent_id)
where kind = 'model_call' and parent_id is not null;

create table dashboard.event_payloads (
  run_day date not null,
  run_id uuid not null,
  seq integer not null,
  tenant_id uuid not null,
  payload json not null,
  primary key (run_day, run_id, seq)
) partition by range (run_day);

-- Of each salon: how many stretches of events have been appended. Its row is locked by who appends, so that stretches
-- are committed in the order of their positions, and a reader's cursor passes over none.
create table dashboard.event_streams (
  tenant_id uuid primary key,
  last_position bigint not null default 0
) with (fillfactor = 50);

create table dashboard.event_batches (
  tenant_id uuid not null,
  position bigint not null,
  run_id uuid not null,
  run_day date not null,
  first_seq integer not null,
  last_seq integer not null,
  appended_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, position)
);
create index event_batches_appended_at on dashboard.event_batches (appended_at);

-- No policy, no grant: for our own functions only.
alter table dashboard.runs enable row level security;
alter table dashboard.run_traces enable row level security;
alter table dashboard.events enable row level security;
alter table dashboard.event_payloads enable row level security;
alter table dashboard.event_streams enable row level security;
alter table dashboard.event_batches enable row level security;

-- Makes the partitions of the weeks up to `weeks` ahead, beginning with the week of `from_day`; there are no others, so
-- that an event without one goes to the last resort, `_default`, and is not lost. Says how many were made.
create function dashboard.ensure_event_partitions(weeks integer default 8, from_day date default null)
returns integer
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  first_week date := date_trunc('week', coalesce(from_day, (now() at time zone 'utc')::date))::date;
  week date;
  parent text;
  name text;
  made integer := 0;
begin
  foreach parent in array array['events', 'event_payloads'] loop
    for week in
      select generate_series(first_week, first_week + 7 * least(greatest(weeks, 0), 520), interval '7 days')::date
    loop
      name := format('%s_%s', parent, to_char(week, 'YYYYMMDD'));
      if to_regclass('dashboard.' || name) is null then
        execute format(
          'create table dashboard.%I partition of dashboard.%I for values from (%L) to (%L)', name, parent, week, week + 7
        );
        execute format('alter table dashboard.%I enable row level security', name);
        made := made + 1;
      end if;
    end loop;
  end loop;
  return made;
end
$$;
grant execute on function dashboard.ensure_event_partitions(integer, date) to dashboard_worker;

create table dashboard.events_default partition of dashboard.events default;
create table dashboard.event_payloads_default partition of dashboard.event_payloads default;
alter table dashboard.events_default enable row level security;
alter table dashboard.event_payloads_default enable row level security;

select dashboard.ensure_event_partitions();

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
