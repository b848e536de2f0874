-- The words of what agents told, to search for: for each stretch of a run's events, which words are in it.
--
-- No text is kept, only which words there are. What is shown of a hit is read from the events, which decide whether it
-- is one at all: so what is behind here makes the search slower or less complete, and never wrong.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- The stretches of a run follow one another without a gap, from its first event on. With a run that goes (its time is
-- over, or it has become a part of another one), its words go.
create table dashboard.event_words (
  run_id uuid not null references dashboard.runs (run_id) on delete cascade,
  first_seq integer not null,
  last_seq integer not null,
  tenant_id uuid not null,
  -- when the run began, as it was known at its first stretch: its place among the hits, which must not move
  began_at timestamptz not null,
  -- and one that stands for the salon, so that one index finds a word in it
  words tsvector not null,
  primary key (run_id, last_seq)
);
-- Each stretch goes into it at once: a list of pending ones would make one step in ten last for seconds.
create index event_words_words on dashboard.event_words using gin (words) with (fastupdate = off);
alter table dashboard.event_words enable row level security; -- no policy, no grant: for our own functions only

-- Up to which place of its stream all that a salon was told of has its words in `event_words`.
create table dashboard.indexed_streams (
  tenant_id uuid primary key,
  last_position bigint not null
);
alter table dashboard.indexed_streams enable row level security; -- no policy, no grant: for our own functions only

-- The words of a text: letters and digits in a row, in lower case. PostgreSQL's own parser would take an address or a
-- path for one word, of which no part is found. What is longer than 100 characters is no word that anybody looks for.
create function dashboard.words_in(value text)
returns text[]
language plpgsql immutable
set search_path = ''
as $$
declare
  apart text := regexp_replace(lower(value), '[^[:alnum:]]+', ' ', 'g');
begin
  if apart ~ '[^ ]{101}' then
    return array(select left(word, 100) from string_to_table(apart, ' ') as word where word <> '');
  end if;
  return array_remove(string_to_array(apart, ' '), '');
end
$$;

-- What stands for a salon among its words. It begins with a space, which no word does.
create function dashboard.salon_word(tenant uuid)
returns text
language sql immutable
as $$ select ' ' || left(tenant::text, 8) $$;

-- The texts and numbers of a payload, 50,000 characters at most. Of one that is very long it is what it is written as:
-- to take it apart takes 100 ms.
create function dashboard.payload_text(payload json)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  written text := payload::text;
begin
  if length(written) > 200000 then
    return regexp_replace(left(written, 50000), '\\(u[0-9a-f]{4}|.)', ' ', 'g');
  end if;
  return (
    select left(string_agg(part.value #>> '{}', ' · '), 50000)
    from jsonb_path_query(written::jsonb, 'strict $.**') as part (value)
    where jsonb_typeof(part.value) in ('string', 'number')
  );
end
$$;

-- What of an event is searched: what was said first, which tells more where a hit is shown.
create function dashboard.event_text(event dashboard.events, payload json)
returns text
language sql stable
as $$
  select concat_ws(
    ' · ', event.summary, event.problem_type, event.problem, dashboard.payload_text(payload), event.name, event.source,
    event.node, event.model
  )
$$;

-- The words of a stretch. They may come to 1 MB, which is more than 150,000 characters do.
create function dashboard.stretch_words(tenant uuid, texts text)
returns tsvector
language sql immutable
set search_path = ''
as $$ select array_to_tsvector(dashboard.words_in(left(texts, 150000)) || dashboard.salon_word(tenant)) $$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
