-- What is searched for, where to look for it, and what is shown of an event in which it was found.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- The words of what is typed, the longest first: most events do not hold that. Refuses what has none, or more than
-- anybody means.
create function dashboard.searched_words(typed text)
returns text[]
language plpgsql stable
set search_path = ''
as $$
declare
  wanted text[];
begin
  if length(typed) <= 400 then
    wanted := array(
      select word from unnest(dashboard.words_in(typed)) as word
      group by word
      order by length(word) desc, word
    );
  end if;
  if length(typed) > 400 or cardinality(wanted) > 20 then
    perform dashboard.refuse(
      422, 'search_too_long', 'This is more than can be searched for.',
      'Search for 20 words at most, of 400 characters in all.'
    );
  end if;
  if coalesce(cardinality(wanted), 0) = 0 then
    perform dashboard.refuse(
      422, 'search_without_words', 'There is no word to search for.', 'Type a word or a number.'
    );
  end if;
  return wanted;
end
$$;

-- The stretches that may hold all of these words. Each finds what begins with it, but a single letter, with which far
-- too much begins, only itself.
create function dashboard.words_query(tenant uuid, wanted text[])
returns tsquery
language sql immutable
set search_path = ''
as $$
  select
    (
      format('''%s'' & ', dashboard.salon_word(tenant))
      || string_agg(format('''%s''%s', word, case when length(word) > 1 then ':*' else '' end), ' & ')
    )::tsquery
  from unnest(wanted) as word
$$;

-- The same as regular expressions, all of which the text of an event has to match. Words have nothing in them that
-- would mean anything there.
create function dashboard.words_patterns(wanted text[])
returns text[]
language sql immutable
set search_path = ''
as $$
  select array_agg(
    '(?<![[:alnum:]])' || word || case when length(word) > 1 then '' else '(?![[:alnum:]])' end order by place
  )
  from unnest(wanted) with ordinality as asked (word, place)
$$;

-- Whether an event can hold all of these words, by what is written of it: three times as quick as to take that apart.
-- Where characters are written as their numbers, anything may be in it.
create function dashboard.may_hold(event dashboard.events, payload json, wanted text[])
returns boolean
language sql stable
as $$
  select
    concat_ws(
      ' ', payload::text, event.summary, event.problem_type, event.problem, event.name, event.source, event.node,
      event.model
    ) ~* all(wanted)
    or strpos(payload::text, '\u') > 0
$$;

-- A place among the hits: before an event of the run that began then, in microseconds of 1970's time.
create function dashboard.checked_hit_cursor(place text, out began_at timestamptz, out run_id uuid, out seq integer)
language plpgsql stable
set search_path = ''
as $$
begin
  began_at := 'infinity';
  run_id := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  seq := 2147483647;
  if place is null then
    return;
  end if;
  run_id := dashboard.uuid_or_null(split_part(place, ':', 2));
  if run_id is null or place !~ '^-?[0-9]{1,18}:[0-9a-f-]{36}:[0-9]{1,9}$' then
    perform dashboard.refuse(
      422, 'cursor_invalid', 'This is no place in the list.', 'Open the list from its beginning.'
    );
  end if;
  began_at := timestamptz 'epoch' + split_part(place, ':', 1)::bigint * interval '1 microsecond';
  seq := split_part(place, ':', 3)::integer;
end
$$;

create function dashboard.hit_cursor(began_at timestamptz, run_id uuid, seq integer)
returns text
language sql immutable
as $$ select format('%s:%s:%s', (extract(epoch from began_at) * 1000000)::bigint, run_id, seq) $$;

-- Inside: of the newest `at_most` events that a salon was told of and that have no words yet, the stretches by run.
create function dashboard.fresh_stretches(tenant uuid, at_most integer)
returns table (run_id uuid, began_at timestamptz, first_seq integer, last_seq integer)
language sql stable
set search_path = ''
as $$
  select
    run.run_id, coalesce(min(indexed.began_at), run.started_at),
    greatest(min(newest.first_seq), max(indexed.last_seq) + 1), max(newest.last_seq)
  from (
    select
      batch.run_id, batch.last_seq,
      -- of the batch that goes beyond `at_most`, its end
      greatest(
        batch.first_seq,
        batch.first_seq - at_most
        + sum(batch.last_seq - batch.first_seq + 1) over (order by batch.position desc)::integer
      ) as first_seq
    from (
      select known.position, known.run_id, known.first_seq, known.last_seq
      from dashboard.event_batches as known
      where
        known.tenant_id = tenant and known.position > coalesce(
          (select done.last_position from dashboard.indexed_streams as done where done.tenant_id = tenant), 0
        )
      order by known.position desc
      limit at_most
    ) as batch
  ) as newest
  inner join dashboard.runs as run on run.run_id = newest.run_id
  left join lateral (
    select known.began_at, known.last_seq
    from dashboard.event_words as known
    where known.run_id = newest.run_id
    order by known.last_seq desc
    limit 1
  ) as indexed on true
  where newest.first_seq <= newest.last_seq and newest.last_seq > coalesce(indexed.last_seq, 0)
  group by run.run_id
$$;

-- Inside: whether more than the newest `at_most` events of a salon have no words yet: then older ones are not looked
-- through.
create function dashboard.has_unsearched_events(tenant uuid, at_most integer)
returns boolean
language sql stable
set search_path = ''
as $$
  select coalesce((
    select
      stream.last_position > upto.place
      and (
        -- of what was told more than a week ago, the order is not kept
        coalesce(
          (select min(batch.position) from dashboard.event_batches as batch where batch.tenant_id = tenant),
          stream.last_position + 1
        ) > upto.place + 1
        or (
          select sum(batch.last_seq - batch.first_seq + 1) > at_most
          from (
            select known.first_seq, known.last_seq
            from dashboard.event_batches as known
            where known.tenant_id = tenant and known.position > upto.place
            order by known.position desc
            limit at_most + 1
          ) as batch
        )
      )
    from dashboard.event_streams as stream
    cross join lateral (
      select coalesce(
        (select done.last_position from dashboard.indexed_streams as done where done.tenant_id = tenant), 0
      ) as place
    ) as upto
    where stream.tenant_id = tenant
  ), false)
$$;

-- Some 160 characters around the first place where a pattern matches, on one line, and where in them patterns match: as
-- pairs of the first character, from 0, and the one after the last.
create function dashboard.event_excerpt(said text, patterns text[], out excerpt text, out hits json)
language plpgsql immutable
set search_path = ''
as $$
declare
  longest constant integer := 160;
  most_hits constant integer := 20;
  pattern text := array_to_string(patterns, '|');
  first_at integer := greatest(regexp_instr(said, pattern, 1, 1, 0, 'i'), 1);
  begins_at integer := greatest(first_at - 40, 1);
  line text := regexp_replace(substr(said, begins_at, 2 * longest), '[[:space:][:cntrl:]]+', ' ', 'g');
  is_whole boolean := length(line) <= longest and begins_at + 2 * longest > length(said);
  places integer[] := '{}';
  hit_at integer := 0;
begin
  if begins_at > 1 then
    line := '… ' || regexp_replace(line, '^[^ ]{0,30} ', '');
  end if;
  excerpt := rtrim(left(line, longest)) || case when is_whole then '' else ' …' end;
  for number in 1..most_hits loop
    hit_at := regexp_instr(excerpt, pattern, 1, number, 0, 'i');
    exit when hit_at = 0;
    places := places || array[[hit_at - 1, regexp_instr(excerpt, pattern, 1, number, 1, 'i') - 1]];
  end loop;
  hits := array_to_json(places);
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
