-- The search in what agents told.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Events that hold all of the words that are typed, each as the beginning of one: those of the newest runs first, and
-- of a run its newest first; with a status, of runs that stand like that only. A run has its place by when it began,
-- which does not change: so pages follow one another without loss or repeats while more is told. `next_cursor`: there
-- is more, or more to look through; a page may be short, or empty, and have one. `is_partial`: of what was told lately,
-- not all could be looked through yet.
--
-- Who may not see clients' contacts cannot search for them either: what is looked through is what would be shown.
-- Without `enable_seqscan` a plan does not read the words of every stretch where many have one.
create function dashboard.search_events(
  typed text,
  at_most integer default 50,
  before text default null,
  status text default null
)
returns json
language plpgsql stable security definer
set search_path = ''
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
declare
  most_stretches constant integer := 400;
  most_fresh constant integer := 1000;
  tenant uuid := dashboard.events_reader();
  sees boolean := dashboard.sees_contacts();
  wanted text[] := dashboard.searched_words(typed);
  patterns text[] := dashboard.words_patterns(wanted);
  most integer := least(greatest(coalesce(at_most, 50), 1), 100);
  place record := dashboard.checked_hit_cursor(before);
  -- events that may still be looked through
  effort integer := 2500;
  stretches integer := 0;
  stretch record;
  run dashboard.runs;
  told record;
  shown record;
  reached text;
  is_more boolean := false;
  found_events json[] := '{}';
begin
  <<looking>>
  for stretch in execute '
    (
      select words.run_id, words.began_at, words.first_seq, words.last_seq
      from dashboard.event_words as words
      where
        words.words @@ $1 and words.tenant_id = $2
        and (words.began_at, words.run_id, words.first_seq) < ($3, $4, $5)
      order by words.began_at desc, words.run_id desc, words.last_seq desc
      limit $6
    )
    union all
    select fresh.run_id, fresh.began_at, fresh.first_seq, fresh.last_seq
    from dashboard.fresh_stretches($2, $7) as fresh
    where (fresh.began_at, fresh.run_id, fresh.first_seq) < ($3, $4, $5)
    order by began_at desc, run_id desc, last_seq desc
    limit $6'
    using
      dashboard.words_query(tenant, wanted), tenant, place.began_at, place.run_id, place.seq,
      most_stretches + 1, most_fresh
  loop
    if effort <= 0 or stretches = most_stretches then
      is_more := true;
      exit;
    end if;
    stretches := stretches + 1;
    select * into strict run from dashboard.runs as known where known.run_id = stretch.run_id;
    for told in
      select
        event,
        case
          when dashboard.may_hold(event, kept.payload, wanted) then dashboard.event_text(event, kept.payload)
        end as said,
        -- a long payload takes longer to look through
        coalesce(pg_column_size(kept.payload), 0) / 4000 + 1 as cost
      from dashboard.events as event
      left join dashboard.event_payloads as kept
        on kept.run_day = event.run_day and kept.run_id = event.run_id and kept.seq = event.seq
      where
        event.run_day = run.run_day and event.run_id = run.run_id
        and event.seq >= stretch.first_seq and event.seq <= stretch.last_seq
        and (stretch.run_id <> place.run_id or event.seq < place.seq)
        and run.status = coalesce(search_events.status, run.status)
      order by event.seq desc
    loop
      effort := effort - told.cost;
      continue when told.said is null or not told.said ~* all(patterns);
      if not sees then
        told.said := dashboard.mask_contacts(told.said);
        continue when not told.said ~* all(patterns);
      end if;
      if cardinality(found_events) = most then
        is_more := true;
        exit looking;
      end if;
      shown := dashboard.event_excerpt(told.said, patterns);
      found_events := found_events || (
        select json_strip_nulls(json_build_object(
          'run_id', run.run_id,
          'run_name', case when sees then run.name else dashboard.mask_contacts(run.name) end,
          'run_status', run.status,
          'agent', run.agent,
          'seq', event.seq,
          'at', event.at,
          'kind', event.kind,
          'phase', event.phase,
          'status', event.status,
          'name', event.name,
          'source', event.source,
          'excerpt', shown.excerpt,
          'hits', shown.hits
        ))
        from dashboard.told_columns(told.event, sees) as event
      );
      reached := dashboard.hit_cursor(stretch.began_at, run.run_id, (told.event).seq);
    end loop;
    reached := dashboard.hit_cursor(stretch.began_at, run.run_id, stretch.first_seq);
  end loop;
  return json_build_object(
    'events', array_to_json(found_events),
    'next_cursor', case when is_more then reached end,
    'is_partial', dashboard.has_unsearched_events(tenant, most_fresh)
  );
end
$$;
grant execute on function dashboard.search_events(text, integer, text, text) to authenticated, dashboard_ingest;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
