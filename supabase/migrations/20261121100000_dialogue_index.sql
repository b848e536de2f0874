-- The index of dialogues: what figures, lists and filters need of each, with indexes that the bot's tables do not have.
-- Derived, never edited: it can be emptied at any time and is filled again by sync_index.
--
-- `source_xmin` is the version of the bot's row that a row here was made from. PostgreSQL gives each version of a row
-- the number of the transaction that wrote it, so a row that was changed, moved or removed is found by comparing
-- numbers, without a column, trigger or index in the bot's tables.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

create table dashboard.dialogue_index (
  tenant_id uuid not null,
  session_id uuid not null,
  -- null while the dialogue goes on: it has no row in the archive yet
  archive_id bigint,
  source_xmin xid not null,
  client_id uuid not null,
  channel text,
  -- null: a moment that no calendar of the readers has
  started_at timestamptz,
  ended_at timestamptz,
  last_activity_at timestamptz,
  is_active boolean not null,
  status text not null,
  is_known_status boolean not null,
  intent text,
  booking_id text,
  booking_status text,
  booking_source text,
  booking_at timestamptz,
  booking_amount numeric,
  -- three capital letters: what is no such code names no currency
  booking_currency text,
  messages_count integer,
  replies_count integer,
  drop_off_stage text,
  sentiment text,
  services text[] not null,
  staff_id text,
  -- how far it came: 1 begun, 2 a booking wanted, 3 service chosen, 4 staff or time chosen, 5 booked
  stage smallint not null,
  -- from the client's first message to the answer
  first_reply_ms bigint,
  -- the client's first: who has this one in a period is new in it
  is_first boolean not null,
  primary key (tenant_id, session_id)
);
create unique index dialogue_index_archive_id on dashboard.dialogue_index (archive_id);
create index dialogue_index_started_at on dashboard.dialogue_index (tenant_id, started_at, session_id)
include (archive_id, source_xmin, client_id, first_reply_ms, booking_status, booking_at, is_first);
create index dialogue_index_client on dashboard.dialogue_index (tenant_id, client_id, started_at);
create index dialogue_index_active on dashboard.dialogue_index (tenant_id, session_id) where is_active;
alter table dashboard.dialogue_index enable row level security; -- no policy, no grant: read through functions

-- A moment as all calendars have it (not infinity, nor before the year 1 or after 9999; a day less for time zones).
create function dashboard.on_calendar(moment timestamptz)
returns timestamptz
language sql immutable
as $$ select case when moment between '0001-01-02 00:00+00' and '9999-12-30 00:00+00' then moment end $$;

-- A label of the bot's JSON: a short text or a number; anything else is none.
create function dashboard.json_label(value jsonb)
returns text
language sql immutable
as $$ select case when jsonb_typeof(value) in ('string', 'number') then nullif(left(value #>> '{}', 200), '') end $$;

-- The names in a list of the bot's JSON: texts, or objects with a title; at most 20.
create function dashboard.json_labels(value jsonb)
returns text[]
language sql immutable
set search_path = ''
as $$
  select coalesce(array_agg(label.name order by element.place) filter (where label.name is not null), '{}')
  from jsonb_array_elements(case when jsonb_typeof(json_labels.value) = 'array' then json_labels.value else '[]' end)
    with ordinality as element (value, place)
  cross join lateral (
    values (coalesce(dashboard.json_label(element.value), dashboard.json_label(element.value -> 'title')))
  ) as label (name)
  where element.place <= 20
$$;

-- Whether a client with this intent wants to come.
create function dashboard.is_booking_intent(intent text)
returns boolean
language sql immutable
as $$
  select coalesce(lower(btrim(intent)) ~ '^(book|appointment|reschedul|запис|перезапис)', false)
$$;

-- Inside only: the archive's rows in the index's shape, all of them: a session may be there twice.
create view dashboard.archived_sources as
select
  archived.tenant_id,
  archived.session_id,
  archived.id as archive_id,
  archived.xmin as source_xmin,
  archived.user_id as client_id,
  left(archived.channel, 200) as channel,
  dashboard.on_calendar(archived.started_at) as started_at,
  dashboard.on_calendar(archived.ended_at) as ended_at,
  dashboard.on_calendar(coalesce(archived.ended_at, archived.created_at, archived.started_at)) as last_activity_at,
  false as is_active,
  left(archived.final_status, 200) as status,
  coalesce(archived.final_status in (
    'done', 'dropped', 'abandoned', 'auto_closed', 'escalated', 'transferred', 'booked', 'ghost', 'no_slots',
    'price_too_high'
  ), false) as is_known_status,
  left(archived.final_intent, 200) as intent,
  left(archived.booking_id, 200) as booking_id,
  left(archived.booking_status, 200) as booking_status,
  left(archived.booking_source, 200) as booking_source,
  dashboard.on_calendar(archived.booking_datetime) as booking_at,
  case when archived.booking_amount between -1e12 and 1e12 then archived.booking_amount end as booking_amount,
  substring(upper(btrim(left(archived.booking_currency, 200))) from '^[A-Z]{3}$') as booking_currency,
  archived.messages_count,
  archived.agent_messages_count as replies_count,
  labels.drop_off_stage,
  dashboard.json_label(archived.meta -> 'sentiment') as sentiment,
  case
    when cardinality(labels.selected) > 0 then labels.selected
    else dashboard.json_labels(archived.meta -> 'services_mentioned')
  end as services,
  labels.staff_id,
  case
    when archived.booking_status = 'confirmed' then 5
    when
      archived.booking_status is not null or labels.staff_id is not null
      or dashboard.json_label(archived.meta -> 'selected_datetime') is not null
      or labels.drop_off_stage = 'time_selection'
      then 4
    when cardinality(labels.selected) > 0 or labels.drop_off_stage = 'staff_selection' then 3
    when dashboard.is_booking_intent(archived.final_intent) or labels.drop_off_stage = 'service_selection' then 2
    else 1
  end::smallint as stage,
  null::bigint as first_reply_ms,
  false as is_first
from public.conversation_sessions_v2 as archived
cross join lateral (
  values (
    case
      when jsonb_typeof(archived.meta -> 'drop_off_stage') = 'string'
        then nullif(left(archived.meta ->> 'drop_off_stage', 200), '')
    end,
    dashboard.json_label(archived.meta -> 'staff_id'),
    dashboard.json_labels(archived.meta -> 'services_selected')
  )
) as labels (drop_off_stage, staff_id, selected);

-- Inside only: what goes on now in the index's shape, left-behind rows of finished sessions too.
create view dashboard.active_sources as
select
  active.tenant_id,
  active.session_id,
  null::bigint as archive_id,
  active.xmin as source_xmin,
  active.user_id as client_id,
  null::text as channel,
  dashboard.on_calendar(active.created_at) as started_at,
  null::timestamptz as ended_at,
  dashboard.on_calendar(active.last_activity_at) as last_activity_at,
  true as is_active,
  'active'::text as status,
  true as is_known_status,
  left(active.intent, 200) as intent,
  null::text as booking_id,
  null::text as booking_status,
  null::text as booking_source,
  null::timestamptz as booking_at,
  null::numeric as booking_amount,
  null::text as booking_currency,
  null::integer as messages_count,
  null::integer as replies_count,
  null::text as drop_off_stage,
  null::text as sentiment,
  '{}'::text[] as services,
  null::text as staff_id,
  case
    when active.current_step in ('time_selection', 'confirmation') then 4
    when active.current_step = 'staff_selection' then 3
    when active.current_step = 'service_selection' or dashboard.is_booking_intent(active.intent) then 2
    else 1
  end::smallint as stage,
  null::bigint as first_reply_ms,
  false as is_first
from public.active_sessions_v2 as active;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
