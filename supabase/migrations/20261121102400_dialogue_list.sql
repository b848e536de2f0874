-- The list of dialogues: pages of it, its length, and what there is to filter by.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Where a row stands in a list ----------------------------------------------------------------------------------------

create type dashboard.list_place as (value jsonb, session_id uuid);

-- base64 for addresses (RFC 4648, section 5) of what the row is sorted by and its id, which settles ties.
create function dashboard.list_cursor(sort text, value jsonb, session_id uuid)
returns text
language plpgsql immutable
set search_path = ''
as $$
begin
  return translate(
    encode(convert_to(jsonb_build_array(sort, coalesce(value, 'null'), session_id)::text, 'UTF8'), 'base64'),
    E'+/=\n', '-_'
  );
end
$$;

create function dashboard.checked_list_cursor(cursor text, sort text, kind text)
returns dashboard.list_place
language plpgsql stable
set search_path = ''
as $$
declare
  told jsonb;
  place dashboard.list_place;
begin
  begin
    if length(cursor) <= 400 then
      told := convert_from(
        decode(rpad(translate(cursor, '-_', '+/'), (length(cursor) + 3) / 4 * 4, '='), 'base64'), 'UTF8'
      );
      place := (told -> 1, (told ->> 2)::uuid);
      execute format('select %L::%s', told ->> 1, kind); -- can it be compared to the rows?
    end if;
  exception
    when data_exception then
      place := null;
  end;
  if place.session_id is null or place.value is null or told ->> 0 is distinct from sort then
    perform dashboard.refuse(
      422, 'cursor_invalid', 'This is no place in the list in this order.', 'Open the list from its beginning.'
    );
  end if;
  return place;
end
$$;

-- Inside: the ids of one page, in the order of the list.
--
-- Rows with a value come first in both directions, then those without. Each of the two stretches is read from the index
-- by itself, forwards or backwards, the second only where the first does not fill the page.
create function dashboard.listed_sessions(
  condition text, sort text, after text, before text, page_size integer
)
returns uuid[]
language plpgsql stable
set search_path = ''
as $$
declare
  is_backwards constant boolean := before is not null;
  column_name text;
  kind text;
  direction text;
  beyond text;
  place dashboard.list_place;
  stretch text;
  place_stretch text;
  keyset text;
  more uuid[];
  page uuid[] := '{}';
begin
  select 'dialogue.' || sorted.column_name, sorted.kind
  into column_name, kind
  from (
    values
    ('started', 'started_at', 'timestamptz'),
    ('activity', 'last_activity_at', 'timestamptz'),
    ('messages', 'messages_count', 'integer'),
    ('amount', 'booking_amount', 'numeric'),
    ('reply', 'first_reply_ms', 'bigint')
  ) as sorted (name, column_name, kind)
  where listed_sessions.sort in (sorted.name, '-' || sorted.name);
  if not found then
    perform dashboard.refuse(
      422, 'sort_unknown', 'The list has no such order.', 'Choose the order by the head of a column.'
    );
  end if;
  if after is not null and before is not null then
    perform dashboard.refuse(
      422, 'cursor_invalid', 'A page is after a place in the list or before one.', 'Open the list from its beginning.'
    );
  end if;
  if (left(sort, 1) = '-') = is_backwards then
    direction := 'asc';
    beyond := '>';
  else
    direction := 'desc';
    beyond := '<';
  end if;
  if coalesce(after, before) <> 'end' or after = 'end' then
    place := dashboard.checked_list_cursor(coalesce(after, before), sort, kind);
    place_stretch := case when place.value = 'null' then 'is null' else 'is not null' end;
  end if;

  foreach stretch in array
    case when is_backwards then array['is null', 'is not null'] else array['is not null', 'is null'] end
  loop
    if place_stretch is null then
      keyset := 'true';
    elsif place_stretch <> stretch then
      continue; -- it is behind
    elsif stretch = 'is null' then
      keyset := format('dialogue.session_id %s %L', beyond, place.session_id);
    else
      keyset := format(
        '(%s, dialogue.session_id) %s (%L::%s, %L)', column_name, beyond, place.value #>> '{}', kind, place.session_id
      );
    end if;
    place_stretch := null;
    execute format(
      'select array(
        select dialogue.session_id
        from dashboard.dialogue_index as dialogue
        where %1$s and %2$s %3$s and %4$s
        order by %2$s %5$s, dialogue.session_id %5$s
        limit %6$s
      )',
      condition, column_name, stretch, keyset, direction, page_size - cardinality(page)
    ) into more;
    page := page || more;
    exit when cardinality(page) >= page_size;
  end loop;

  return case
    when is_backwards then
      array(select listed.id from unnest(page) with ordinality as listed (id, place) order by listed.place desc)
    else page
  end;
end
$$;

-- For pages -----------------------------------------------------------------------------------------------------------

-- One page of the dialogues that are asked for (see dialogue_condition), after or before a row's cursor; `before` =
-- 'end' is the last page. At most 1,001 rows, so that a page of 1,000 can be asked for with one more.
--   sort   started, activity, messages, amount, reply; with a hyphen in front, descending
--   hit    with a search: a piece of the newest message that has it (see search_excerpt)
create function dashboard.list_dialogues(
  filters jsonb, sort text default '-started', after text default null, before text default null,
  page_size integer default 50
)
returns table (
  session_id uuid, client_id uuid, client_name text, channel text, started_at timestamptz, ended_at timestamptz,
  last_activity_at timestamptz, is_active boolean, status text, is_known_status boolean, intent text,
  booking_status text, booking_source text, booking_at timestamptz, booking_amount numeric, booking_currency text,
  messages_count integer, replies_count integer, drop_off_stage text, sentiment text, services text[], staff_id text,
  stage smallint, first_reply_ms bigint, tags text[], hit text, cursor text
)
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  tenant uuid;
  asked tsquery;
  listed_by constant text := coalesce(list_dialogues.sort, '-started');
  page uuid[];
begin
  perform dashboard.require('dialogues.read');
  tenant := dashboard.require_tenant();
  page := dashboard.listed_sessions(
    dashboard.dialogue_condition(tenant, filters), listed_by, after, before,
    least(greatest(coalesce(page_size, 50), 1), 1001)
  );
  if filters ? 'q' then
    asked := dashboard.search_query(filters ->> 'q');
  end if;
  return query
  select
    dialogue.session_id,
    dialogue.client_id,
    nullif(left(client.full_name, 200), ''),
    dialogue.channel,
    dialogue.started_at,
    dialogue.ended_at,
    dialogue.last_activity_at,
    dialogue.is_active,
    dialogue.status,
    dialogue.is_known_status,
    dialogue.intent,
    dialogue.booking_status,
    dialogue.booking_source,
    dialogue.booking_at,
    dialogue.booking_amount,
    dialogue.booking_currency,
    dialogue.messages_count,
    dialogue.replies_count,
    dialogue.drop_off_stage,
    dialogue.sentiment,
    dialogue.services,
    dialogue.staff_id,
    dialogue.stage,
    dialogue.first_reply_ms,
    array(
      select label.tag
      from dashboard.dialogue_tags as label
      where label.tenant_id = tenant and label.session_id = dialogue.session_id
      order by label.created_at, label.tag
    ),
    case when asked is not null then dashboard.newest_hit(tenant, dialogue.session_id, asked) end,
    dashboard.list_cursor(
      listed_by,
      case ltrim(listed_by, '-')
        when 'started' then to_jsonb(dialogue.started_at)
        when 'activity' then to_jsonb(dialogue.last_activity_at)
        when 'messages' then to_jsonb(dialogue.messages_count)
        when 'amount' then to_jsonb(dialogue.booking_amount)
        when 'reply' then to_jsonb(dialogue.first_reply_ms)
      end,
      dialogue.session_id
    )
  from unnest(page) with ordinality as listed (session_id, place)
  inner join dashboard.dialogue_index as dialogue
    on dialogue.tenant_id = tenant and dialogue.session_id = listed.session_id
  left join public.clients_v2 as client on client.id = dialogue.client_id and client.tenant_id = tenant
  order by listed.place;
end
$$;
grant execute on function dashboard.list_dialogues(jsonb, text, text, text, integer) to authenticated;

-- How many dialogues there are of what is asked for.
create function dashboard.count_dialogues(filters jsonb)
returns bigint
language plpgsql stable security definer
set search_path = ''
as $$
declare
  counted bigint;
begin
  perform dashboard.require('dialogues.read');
  execute format(
    'select count(*) from dashboard.dialogue_index as dialogue where %s',
    dashboard.dialogue_condition(dashboard.require_tenant(), filters)
  ) into counted;
  return counted;
end
$$;
grant execute on function dashboard.count_dialogues(jsonb) to authenticated;

-- The values that the salon's dialogues have, the most frequent first, at most 50 of each; null where some have none.
create function dashboard.dialogue_facets()
returns jsonb
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  tenant uuid;
begin
  perform dashboard.require('dialogues.read');
  tenant := dashboard.require_tenant();
  return (
    with counted as (
      select
        case
          when grouping(dialogue.status) = 0 then 'status'
          when grouping(dialogue.intent) = 0 then 'intent'
          when grouping(dialogue.channel) = 0 then 'channel'
          when grouping(dialogue.sentiment) = 0 then 'sentiment'
          else 'drop_off'
        end as name,
        coalesce(
          dialogue.status, dialogue.intent, dialogue.channel, dialogue.sentiment, dialogue.drop_off_stage
        ) as value,
        count(*) as times
      from dashboard.dialogue_index as dialogue
      where dialogue.tenant_id = tenant
      group by grouping sets (
        (dialogue.status), (dialogue.intent), (dialogue.channel), (dialogue.sentiment), (dialogue.drop_off_stage)
      )
      union all
      select 'tags', label.tag, count(*)
      from dashboard.dialogue_tags as label
      where label.tenant_id = tenant
      group by label.tag
    ),
    placed as (
      select
        counted.*,
        row_number() over (partition by counted.name order by counted.times desc, counted.value) as place
      from counted
    )
    select jsonb_object_agg(facet.name, facet.found)
    from (
      select
        facet.name,
        coalesce(jsonb_agg(placed.value order by placed.place) filter (where placed.place <= 50), '[]') as found
      from unnest(array['status', 'intent', 'channel', 'sentiment', 'drop_off', 'tags']) as facet (name)
      left join placed on placed.name = facet.name
      group by facet.name
    ) as facet
  );
end
$$;
grant execute on function dashboard.dialogue_facets() to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
