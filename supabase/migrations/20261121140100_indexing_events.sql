-- Keeping the words of events: those of new ones are added in small batches, those of removed prompts go with them.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: adds a stretch of a run's events, which follows the one before.
create function dashboard.put_stretch(run dashboard.runs, first_seq integer, last_seq integer, texts text[])
returns void
language sql volatile
set search_path = ''
as $$
  insert into dashboard.event_words (run_id, first_seq, last_seq, tenant_id, began_at, words)
  select
    run.run_id, put_stretch.first_seq, put_stretch.last_seq, run.tenant_id,
    coalesce(
      (select min(known.began_at) from dashboard.event_words as known where known.run_id = run.run_id), run.started_at
    ),
    dashboard.stretch_words(run.tenant_id, array_to_string(texts, ' '))
$$;

-- Inside: adds the words of those of a run's events that have none yet: of `at_most` events, or of fewer when it takes
-- longer than until `until_at`. Says how many it read.
create function dashboard.index_run(run dashboard.runs, at_most integer, until_at timestamptz)
returns integer
language plpgsql volatile
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  -- of a stretch; a search reads all events of those in which it finds its words
  most_events constant integer := 50;
  most_characters constant integer := 100000;
  first_seq integer := 1 + coalesce(
    (select max(known.last_seq) from dashboard.event_words as known where known.run_id = run.run_id), 0
  );
  told record;
  last_seq integer;
  texts text[] := '{}';
  characters integer := 0;
  done integer := 0;
begin
  for told in
    select event.seq, dashboard.event_text(event, kept.payload) as said
    from dashboard.events as event
    left join dashboard.event_payloads as kept
      on kept.run_day = event.run_day and kept.run_id = event.run_id and kept.seq = event.seq
    where event.run_day = run.run_day and event.run_id = run.run_id and event.seq >= first_seq
    order by event.seq
    limit at_most
  loop
    if cardinality(texts) >= most_events or characters + length(told.said) > most_characters and characters > 0 then
      perform dashboard.put_stretch(run, first_seq, last_seq, texts);
      texts := '{}';
      exit when clock_timestamp() > until_at;
      first_seq := told.seq;
      characters := 0;
    end if;
    last_seq := told.seq;
    texts := texts || told.said;
    characters := characters + length(told.said);
    done := done + 1;
  end loop;
  if cardinality(texts) > 0 then
    perform dashboard.put_stretch(run, first_seq, last_seq, texts);
  end if;
  return done;
end
$$;

-- Inside: nobody else makes words until we have ended: what they are made of may be removed meanwhile.
create function dashboard.lock_event_words()
returns void
language sql volatile
set search_path = ''
as $$ select pg_advisory_xact_lock(hashtextextended('dashboard.event_words', 0)) $$;

-- Adds the words of events that have none yet, those of the newest runs first, and says of how many. Stops after
-- `at_most` events, or a second: a run cannot become a part of another one while it is read. To be called again until
-- it says 0.
create function dashboard.index_events(at_most integer default 5000)
returns integer
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  until_at timestamptz := clock_timestamp() + interval '1 second';
  streams dashboard.event_streams[];
  behind dashboard.runs;
  done integer := 0;
  is_all boolean := true;
begin
  perform dashboard.lock_event_words();
  -- before the runs are looked at: what they have by then includes all up to here
  streams := array(select stream from dashboard.event_streams as stream);
  for behind in
    select run.*
    from dashboard.runs as run
    left join (
      select known.run_id, max(known.last_seq) as last_seq
      from dashboard.event_words as known
      group by known.run_id
    ) as indexed on indexed.run_id = run.run_id
    where run.last_seq > coalesce(indexed.last_seq, 0)
    order by run.started_at desc
    limit greatest(at_most, 0) + 1
  loop
    if done >= at_most or not is_all then
      return done;
    end if;
    -- it may have gone since
    perform from dashboard.runs as run where run.run_id = behind.run_id for key share;
    if found then
      done := done + dashboard.index_run(behind, at_most - done, until_at);
      is_all := done < at_most and clock_timestamp() <= until_at;
    end if;
  end loop;
  if is_all then
    insert into dashboard.indexed_streams as known (tenant_id, last_position)
    select stream.tenant_id, stream.last_position from unnest(streams) as stream
    on conflict (tenant_id) do update
    set last_position = excluded.last_position
    where known.last_position <> excluded.last_position;
  end if;
  return done;
end
$$;
grant execute on function dashboard.index_events(integer) to dashboard_worker;

-- Inside: makes anew the words of stretches in which prompts were removed, in the same transaction.
create function dashboard.renew_stretches()
returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  -- who has read the prompts before has ended then, and what was made of them is seen here
  perform dashboard.lock_event_words();
  update dashboard.event_words as known
  set words = dashboard.stretch_words(new.tenant_id, coalesce(
    (
      select string_agg(dashboard.event_text(event, kept.payload), ' ')
      from dashboard.events as event
      left join dashboard.event_payloads as kept
        on kept.run_day = event.run_day and kept.run_id = event.run_id and kept.seq = event.seq
      where
        event.run_day = new.run_day and event.run_id = new.run_id
        and event.seq >= known.first_seq and event.seq <= known.last_seq
    ),
    ''
  ))
  where
    known.run_id = new.run_id
    and known.first_seq <= new.prompts_removed_to and known.last_seq > old.prompts_removed_to;
  return null;
end
$$;
create trigger runs_renew_stretches
after update of prompts_removed_to on dashboard.runs
for each row
when (new.prompts_removed_to > old.prompts_removed_to)
execute function dashboard.renew_stretches();

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
