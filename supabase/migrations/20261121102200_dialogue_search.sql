-- What is typed into the search field, and what is shown of a message that was found.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- What is typed: words that must all be in one message, in any of their forms; "in quotes", one after the other; -not;
-- or. The last word may still be being typed, so it also finds what begins with it.
create function dashboard.search_query(typed text)
returns tsquery
language plpgsql immutable
set search_path = ''
as $$
declare
  asked tsquery := websearch_to_tsquery('pg_catalog.russian', typed);
  last_word text := substring(lower(typed) from '(?:^|\s)([[:alnum:]]{3,50})$');
  last_stem text := websearch_to_tsquery('pg_catalog.russian', last_word)::text;
  -- stems have no ё
  beginning text := '''' || translate(last_word, 'ё', 'е') || ''':*';
begin
  if numnode(asked) = 0 and beginning is not null then
    -- a word that everybody uses may become another one
    return beginning::tsquery;
  end if;
  -- one word as it is typed, and not excluded, is the last operand of the whole
  if last_stem ~ '^''[^'']+''$' and right(asked::text, length(last_stem)) = last_stem
    and asked::text !~ ('!' || last_stem || '$')
  then
    asked := (left(asked::text, -length(last_stem)) || format('( %s | %s )', last_stem, beginning))::tsquery;
  end if;
  if querytree(asked) in ('', 'T') then
    perform dashboard.refuse(
      422, 'search_without_words', 'There is no word to search for: only such as are everywhere, or are excluded.',
      'Add a word that the message has to hold.'
    );
  end if;
  return asked;
end
$$;

-- Of a long text the part where the words are, if they are that close: to mark words in 50,000 characters takes 60 ms.
create function dashboard.text_near(whole text, asked tsquery)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  enough constant integer := 2000;
  first_place integer;
  part text;
begin
  if length(whole) <= enough * 2 then
    return whole;
  end if;
  select min(nullif(strpos(lower(whole), stem.letters[1]), 0)) into first_place
  from regexp_matches(asked::text, '''([^'']+)''', 'g') as stem (letters);
  part := substr(whole, greatest(first_place - enough / 2, 1), enough);
  return case when to_tsvector('pg_catalog.russian', part) @@ asked then part else whole end;
end
$$;

-- At most some 200 characters around the first of the words that were found, on one line. Each is put between U+E000
-- and U+E001, which the text itself is freed of: marks that are no markup and that nobody can forge.
create function dashboard.search_excerpt(message text, asked tsquery)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  longest constant integer := 200;
  opens constant text := chr(57344);
  closes constant text := chr(57345);
  -- in place of <, as ts_headline leaves out what looks like a tag
  angle constant text := chr(57346);
  whole text := btrim(
    regexp_replace(translate(left(message, 50000), opens || closes || angle, ''), '\s+', ' ', 'g')
  );
  near text := dashboard.text_near(whole, asked);
  found text := replace(
    ts_headline(
      'pg_catalog.russian', replace(near, '<', angle), asked,
      format('StartSel=%s, StopSel=%s, MaxWords=24, MinWords=12, ShortWord=0', opens, closes)
    ),
    angle, '<'
  );
  plain text;
begin
  -- a word may be as long as the message
  if length(found) > longest then
    found := substr(found, greatest(strpos(found, opens) - longest / 3, 1), longest);
    if length(replace(found, opens, '')) < length(replace(found, closes, '')) then
      found := found || closes;
    end if;
  end if;
  plain := translate(found, opens || closes, '');
  return case when starts_with(whole, plain) then '' else '… ' end
    || found
    || case when right(whole, length(plain)) = plain then '' else ' …' end;
end
$$;

-- Inside: a piece of the newest message of a dialogue that holds what is searched for. The text is the bot's, as it is
-- now: the index keeps none.
create function dashboard.newest_hit(tenant uuid, session uuid, asked tsquery)
returns text
language plpgsql stable
set search_path = ''
as $$
begin
  return (
    select dashboard.search_excerpt(history.message, newest_hit.asked)
    from (
      select message.message_id
      from dashboard.message_index as message
      where message.tenant_id = newest_hit.tenant and message.session_id = newest_hit.session
        and message.words @@ newest_hit.asked
      order by message.sent_at desc, message.message_id desc
      limit 1
    ) as newest
    inner join public.recent_history_v2 as history
      on history.id = newest.message_id and history.tenant_id = newest_hit.tenant
  );
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
