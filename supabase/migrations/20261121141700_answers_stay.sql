-- What was answered to a request is known for as long as its run is, without what was said with it.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: removes what was said, given and returned from at most `batch` events of a run, from the next one on, that
-- came before `heard_before`; says how many it looked at. Of an answer to a request it stays whether it was yes or no:
-- that is counted.
create or replace function dashboard.remove_prompts(run dashboard.runs, heard_before timestamptz, batch integer)
returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  of_prompts constant text[] := array['prompt', 'answer', 'arguments', 'result', 'input', 'attributes'];
  done integer := run.prompts_removed_to;
  up_to integer := least(done + batch, coalesce(
    (
      select min(event.seq) - 1
      from dashboard.events as event
      where
        event.run_day = run.run_day and event.run_id = run.run_id and event.seq > done
        and event.seq <= done + batch and event.received_at >= heard_before
    ),
    run.last_seq
  ));
  answers integer[];
  meant text[];
begin
  select coalesce(array_agg(answer.seq), '{}'), array_agg(answer.meant) into answers, meant
  from (
    select
      event.seq,
      dashboard.answer_meant(
        coalesce(told.payload -> 'result', told.payload -> 'arguments', told.payload -> 'input')::jsonb
      ) as meant
    from dashboard.events as event
    inner join dashboard.event_payloads as told
      on told.run_day = event.run_day and told.run_id = event.run_id and told.seq = event.seq
    where
      event.run_day = run.run_day and event.run_id = run.run_id and event.seq > done and event.seq <= up_to
      and event.kind = 'approval_decision'
  ) as answer
  where answer.meant is not null;
  update dashboard.event_payloads as kept
  set payload = ((kept.payload::jsonb - of_prompts) || jsonb_build_object('result', answer.meant))::json
  from unnest(answers, meant) as answer (seq, meant)
  where kept.run_day = run.run_day and kept.run_id = run.run_id and kept.seq = answer.seq;
  delete from dashboard.event_payloads as kept
  where
    kept.run_day = run.run_day and kept.run_id = run.run_id and kept.seq > done and kept.seq <= up_to
    and kept.seq <> all(answers) and (kept.payload::jsonb - of_prompts) = '{}';
  update dashboard.event_payloads as kept
  set payload = (kept.payload::jsonb - of_prompts)::json
  where
    kept.run_day = run.run_day and kept.run_id = run.run_id and kept.seq > done and kept.seq <= up_to
    and kept.seq <> all(answers) and kept.payload::jsonb ?| of_prompts;
  update dashboard.events as event
  set has_payload = false, summary = null
  where
    event.run_day = run.run_day and event.run_id = run.run_id and event.seq > done and event.seq <= up_to
    and (event.has_payload or event.summary is not null);
  update dashboard.runs as known
  set prompts_removed_to = up_to
  where known.run_id = run.run_id;
  return up_to - done;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
