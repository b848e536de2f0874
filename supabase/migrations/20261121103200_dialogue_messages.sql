-- The messages of one dialogue, in pages: the index says which they are, the bot's table what they say.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside --------------------------------------------------------------------------------------------------------------

-- Messages of a dialogue that the index does not have yet: those of the last seconds.
create function dashboard.unindexed_messages(dialogue dashboard.dialogue_index)
returns table (message_id bigint, sent_at timestamptz, role text, is_inferred boolean)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  after_id bigint;
begin
  select state.message_upto - dashboard.look_back() into strict after_id from dashboard.index_state as state;
  return query
  -- materialized: else it is inferred of thousands of messages that the index has
  with fresh as materialized (
    select history.id, dashboard.on_calendar(history.created_at) as sent_at, history.role, history.session_id, history.channel
    from public.recent_history_v2 as history
    where
      history.id > after_id
      and history.tenant_id = dialogue.tenant_id
      and history.user_id = dialogue.client_id
      and not exists (select from dashboard.message_index as known where known.message_id = history.id)
  )
  select fresh.id, fresh.sent_at, left(fresh.role, 200), fresh.session_id is null
  from fresh
  where
    dialogue.session_id = coalesce(
      fresh.session_id,
      dashboard.inferred_session(dialogue.tenant_id, dialogue.client_id, fresh.channel, fresh.sent_at)
    );
end
$$;

-- Where a message stands among the others of its dialogue: its moment, then its id. One without a moment stands last.
create type dashboard.message_place as (sent_at timestamptz, message_id bigint);

create function dashboard.message_cursor(sent_at timestamptz, message_id bigint)
returns text
language sql immutable
as $$
  select coalesce(to_char(sent_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), 'infinity') || '_' || message_id
$$;

create function dashboard.checked_message_cursor(cursor text)
returns dashboard.message_place
language plpgsql immutable
set search_path = ''
as $$
declare
  parts text[] := regexp_match(cursor, '^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}|infinity)_(\d{1,18})$');
begin
  if parts is null then
    raise sqlstate '22007';
  end if;
  return (parts[1]::timestamp at time zone 'UTC', parts[2]::bigint)::dashboard.message_place;
exception
  when datetime_field_overflow or invalid_datetime_format then
    perform dashboard.refuse(
      422, 'cursor_invalid', 'This is no place in a dialogue.', 'Send a cursor as it came with a message.'
    );
    return null;
end
$$;

-- For the page --------------------------------------------------------------------------------------------------------

-- At most `page_size` messages, in the order in which they were sent: the last ones, or those just `before` or just
-- `after` a message's cursor.
--   text         null: the bot has removed the message since; cut at 20,000 of its `characters`
--   reply_ms     how long the client had waited for this answer: since the first message that nobody had answered
--   is_inferred  the bot did not note the session; found by client, channel and time
create function dashboard.dialogue_messages(
  session uuid, after text default null, before text default null, page_size integer default 50
)
returns table (
  message_id bigint, sent_at timestamptz, role text, text text, characters integer, reply_ms bigint,
  is_inferred boolean, cursor text
)
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  -- so many earlier messages are looked at to find where a wait began
  look_back constant integer := 30;
  dialogue dashboard.dialogue_index := dashboard.require_dialogue(session);
  at_most integer := least(greatest(coalesce(page_size, 50), 1), 200);
  is_later boolean := after is not null;
  place dashboard.message_place := dashboard.checked_message_cursor(coalesce(after, before, 'infinity_999999999999999999'));
begin
  return query
  with fresh as materialized (select found.* from dashboard.unindexed_messages(dialogue) as found),
  earlier as (
    select message.message_id, message.sent_at, message.role, message.is_inferred, not is_later as is_asked
    from (
      (
        select known.message_id, known.sent_at, known.role, known.is_inferred
        from dashboard.message_index as known
        where known.tenant_id = dialogue.tenant_id and known.session_id = dialogue.session_id
          and (
            (
              known.sent_at <= place.sent_at
              and (known.sent_at < place.sent_at or known.message_id < place.message_id + is_later::integer)
            )
            or (known.sent_at is null and place.sent_at = 'infinity' and known.message_id < place.message_id)
          )
        order by known.sent_at desc, known.message_id desc
        limit case when is_later then 0 else at_most end + look_back
      )
      union all
      select * from fresh
      where
        (coalesce(fresh.sent_at, 'infinity'), fresh.message_id) < (place.sent_at, place.message_id + is_later::integer)
    ) as message
    order by message.sent_at desc, message.message_id desc
    limit case when is_later then 0 else at_most end + look_back
  ),
  later as (
    select message.message_id, message.sent_at, message.role, message.is_inferred, true as is_asked
    from (
      (
        select known.message_id, known.sent_at, known.role, known.is_inferred
        from dashboard.message_index as known
        where is_later and known.tenant_id = dialogue.tenant_id and known.session_id = dialogue.session_id
          and known.sent_at >= place.sent_at
          and (known.sent_at > place.sent_at or known.message_id > place.message_id)
        order by known.sent_at, known.message_id
        limit at_most
      )
      union all
      select * from fresh
      where is_later and (fresh.sent_at, fresh.message_id) > (place.sent_at, place.message_id)
    ) as message
    order by message.sent_at, message.message_id
    limit at_most
  ),
  turns as (
    -- each turn is what the client wrote until somebody else did, and that answer
    select
      both_sides.*,
      count(*) filter (where both_sides.role <> 'user')
        over (order by both_sides.sent_at, both_sides.message_id rows between unbounded preceding and 1 preceding) as turn
    from (select * from earlier union all select * from later) as both_sides
  ),
  waits as (
    select turns.*, min(turns.sent_at) filter (where turns.role = 'user') over (partition by turns.turn) as asked_at
    from turns
  ),
  page as (
    select waits.*
    from waits
    where waits.is_asked
    order by
      case when is_later then waits.sent_at end,
      case when not is_later then waits.sent_at end desc nulls first,
      case when is_later then waits.message_id else -waits.message_id end
    limit at_most
  )
  select
    page.message_id,
    page.sent_at,
    page.role,
    left(history.message, 20000),
    length(history.message),
    case when page.role = 'assistant' then round(extract(epoch from page.sent_at - page.asked_at) * 1000)::bigint end,
    page.is_inferred,
    dashboard.message_cursor(page.sent_at, page.message_id)
  from page
  left join public.recent_history_v2 as history
    on history.id = page.message_id and history.tenant_id = dialogue.tenant_id
  order by page.sent_at, page.message_id;
end
$$;
grant execute on function dashboard.dialogue_messages(uuid, text, text, integer) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
