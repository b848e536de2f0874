-- What runs themselves come to is kept with the sums of their calls, and what is kept is forgotten in the very
-- transaction that changes it. So who reads a span looks at its runs no more: to look at fifty thousand of them took
-- longer than all the rest.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Totals of the runs of one agent that stand alike.
create type dashboard.run_sums as (
  agent text,
  currency text,
  status text,
  runs bigint,
  model_calls bigint,
  tool_calls bigint,
  failures bigint,
  tokens_input bigint,
  tokens_output bigint,
  tokens_cached bigint,
  tokens_reasoning bigint,
  cost numeric,
  unpriced_calls bigint
);

-- What was kept before has none of it, and is counted anew.
delete from dashboard.agent_spans;
alter table dashboard.agent_spans add column run_sums dashboard.run_sums[] not null default '{}';

-- Inside: the runs that began in each of these spans, which follow one another.
create function dashboard.count_runs(tenant uuid, begin_ats timestamptz[], end_ats timestamptz[])
returns table (span integer, sums dashboard.run_sums)
language sql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
  select
    told.span,
    (
      told.agent, told.currency, told.status, count(*), sum(told.model_calls), sum(told.tool_calls),
      sum(told.failures), sum(told.tokens_input), sum(told.tokens_output), sum(told.tokens_cached),
      sum(told.tokens_reasoning), sum(told.cost), sum(told.unpriced_calls)
    )::dashboard.run_sums
  from (
    select asked.number::integer as span, run.*
    from unnest(begin_ats, end_ats) with ordinality as asked (begins_at, ends_at, number)
    cross join lateral (
      select known.*
      from dashboard.runs as known
      where known.tenant_id = tenant and known.started_at >= asked.begins_at and known.started_at < asked.ends_at
      offset 0
    ) as run
  ) as told
  group by told.span, told.agent, told.currency, told.status
$$;

-- Inside: removes what is kept of the spans that a moment is in.
create function dashboard.forget_spans(tenant uuid, moment timestamptz)
returns void
language sql volatile
set search_path = ''
as $$
  delete from dashboard.agent_spans as span
  where
    span.tenant_id = tenant and span.begins_at <= moment and span.ends_at > moment
    and span.begins_at > moment - interval '2 days'
$$;

-- A span is kept a quarter of an hour after its end, when those who were appending to it have done so (see
-- `collect_agent_spans`): runs that began just now, which are nearly all that is appended to, are in none.
create function dashboard.forget_spans_of_run()
returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  perform dashboard.forget_spans(new.tenant_id, new.started_at);
  if tg_op = 'UPDATE' and old.started_at <> new.started_at then
    perform dashboard.forget_spans(new.tenant_id, old.started_at);
  end if;
  return null;
end
$$;
create trigger forget_spans_of_new_run
after insert on dashboard.runs
for each row when (new.started_at < clock_timestamp() - interval '10 minutes')
execute function dashboard.forget_spans_of_run();
create trigger forget_spans_of_run
after update of last_seq, status, started_at on dashboard.runs
for each row when (new.started_at < clock_timestamp() - interval '10 minutes')
execute function dashboard.forget_spans_of_run();

create function dashboard.forget_spans_of_gone()
returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  delete from dashboard.agent_spans as span
  using (
    select run.tenant_id, run.started_at
    from gone as run
    where run.started_at < clock_timestamp() - interval '10 minutes'
  ) as run
  where
    span.tenant_id = run.tenant_id and span.begins_at <= run.started_at and span.ends_at > run.started_at
    and span.begins_at > run.started_at - interval '2 days';
  return null;
end
$$;
create trigger forget_spans_of_gone
after delete on dashboard.runs
referencing old table as gone
for each statement execute function dashboard.forget_spans_of_gone();

-- How people have decided on the page is counted, too: see `count_calls`.
create function dashboard.forget_spans_of_decision()
returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  perform dashboard.forget_spans(run.tenant_id, run.started_at)
  from dashboard.runs as run
  where run.run_id = new.run_id;
  return null;
end
$$;
create trigger forget_spans_of_decision
after insert on dashboard.bot_commands
for each row when (new.event_id is not null)
execute function dashboard.forget_spans_of_decision();

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
