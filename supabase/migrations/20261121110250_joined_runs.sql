-- An approval splits a task over two traces. They are one run, whichever of them is told of first.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: has a run go on where another one waited. Its events are numbered on after those of the other, once each, and
-- are told again in the stream, under the run that they are of now.
create function dashboard.join_run(tenant uuid, earlier_run uuid, later_run uuid)
returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  earlier dashboard.runs;
  later dashboard.runs;
  stretch bigint;
begin
  select * into strict earlier from dashboard.runs as run where run.run_id = earlier_run;
  select * into strict later from dashboard.runs as run where run.run_id = later_run;

  with moved as (
    delete from dashboard.events as event
    where event.run_day = later.run_day and event.run_id = later.run_id
    returning event.*
  ),
  numbered as materialized (
    select moved.*, earlier.last_seq + row_number() over (order by moved.seq) as new_seq
    from moved
    where
      not exists (
        select
        from dashboard.events as known
        where
          known.run_day = earlier.run_day and known.run_id = earlier.run_id and known.event_id = moved.event_id
      )
  ),
  moved_payloads as (
    delete from dashboard.event_payloads as kept
    where kept.run_day = later.run_day and kept.run_id = later.run_id
    returning kept.*
  ),
  kept_payloads as (
    insert into dashboard.event_payloads (run_day, run_id, seq, tenant_id, payload)
    select earlier.run_day, earlier.run_id, numbered.new_seq, tenant, moved_payloads.payload
    from moved_payloads
    inner join numbered on numbered.seq = moved_payloads.seq
  )
  insert into dashboard.events (
    run_day, run_id, seq, tenant_id, event_id, trace_id, step_id, parent_id, kind, phase, status, name, source, node,
    iteration, model, provider, at, ended_at, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write,
    tokens_reasoning, cost, currency, summary, problem_type, problem, removed, has_payload, received_at
  )
  select
    earlier.run_day, earlier.run_id, new_seq, tenant_id, event_id, trace_id, step_id, parent_id, kind, phase, status, name,
    source, node, iteration, model, provider, at, ended_at, tokens_input, tokens_output, tokens_cache_read,
    tokens_cache_write, tokens_reasoning, cost, currency, summary, problem_type, problem, removed, has_payload, received_at
  from numbered;

  update dashboard.run_traces as trace
  set run_id = earlier.run_id, run_day = earlier.run_day
  where trace.run_id = later.run_id;
  delete from dashboard.runs as run
  where run.run_id = later.run_id;
  perform dashboard.recount_runs(array[earlier.run_id]);
  update dashboard.runs as run
  set
    last_event_at = greatest(run.last_event_at, later.last_event_at),
    status = later.status,
    ended_at = later.ended_at
  where run.run_id = earlier.run_id;

  update dashboard.event_streams as stream
  set last_position = stream.last_position + 1
  where stream.tenant_id = tenant
  returning stream.last_position into stretch;
  insert into dashboard.event_batches (tenant_id, position, run_id, run_day, first_seq, last_seq)
  select tenant, stretch, run.run_id, run.run_day, earlier.last_seq + 1, run.last_seq
  from dashboard.runs as run
  where run.run_id = earlier.run_id;
end
$$;

-- Inside: joins what belongs together of runs that have grown: one that waits and the next of its conversation, which
-- came earlier; and one whose conversation is only known now (`named`) and the one before it, if that waits.
create function dashboard.join_runs(tenant uuid, grown uuid[], named uuid[])
returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  pair record;
begin
  for pair in
    select waiting.run_id as earlier_run, next_one.run_id as later_run
    from dashboard.runs as waiting
    cross join lateral (
      select following.run_id
      from dashboard.runs as following
      where
        following.tenant_id = tenant and following.conversation_id = waiting.conversation_id
        and following.run_id <> waiting.run_id
        and following.started_at >= (
          select max(trace.waiting_at)
          from dashboard.run_traces as trace
          where trace.run_id = waiting.run_id
        )
      order by following.started_at
      limit 1
    ) as next_one
    where waiting.run_id = any(grown) and waiting.status = 'waiting' and waiting.conversation_id is not null
    union
    select waiting.run_id, run.run_id
    from dashboard.runs as run
    cross join lateral (
      select before.run_id, before.status
      from dashboard.runs as before
      where
        before.tenant_id = tenant and before.conversation_id = run.conversation_id and before.run_id <> run.run_id
        and before.started_at <= run.started_at
      order by before.started_at desc
      limit 1
    ) as waiting
    where run.run_id = any(named) and waiting.status = 'waiting'
  loop
    -- of three that come at once, two may be one by now
    if exists (select from dashboard.runs as run where run.run_id = pair.earlier_run and run.status = 'waiting')
      and exists (select from dashboard.runs as run where run.run_id = pair.later_run)
    then
      perform dashboard.join_run(tenant, pair.earlier_run, pair.later_run);
    end if;
  end loop;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
