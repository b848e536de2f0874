-- Dialogues: the bot's archive and what is going on now, one row for each session.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside only: dialogues of all tenants. Every reader has to name a tenant; the planner carries it into each part,
-- so that a read costs the tenant's rows and no more.
--   A session may be in both tables when it has ended: then the archive's row is the truth.
--   The archive may hold a session twice, as nothing there is unique by session: then its newest row is.
--   Amounts that are no finite number are unknown, not a broken total.
--   Labels are cut, so that one of a megabyte fills no page; a value of another kind than text is none.
create view dashboard.all_dialogues as
select
  archived.session_id,
  archived.tenant_id,
  archived.user_id as client_id,
  left(archived.channel, 200) as channel,
  archived.started_at,
  archived.ended_at,
  coalesce(archived.ended_at, archived.created_at, archived.started_at) as last_activity_at,
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
  archived.booking_datetime as booking_at,
  case when archived.booking_amount between -1e12 and 1e12 then archived.booking_amount end as booking_amount,
  left(archived.booking_currency, 200) as booking_currency,
  archived.messages_count,
  case
    when jsonb_typeof(archived.meta -> 'drop_off_stage') = 'string' then left(archived.meta ->> 'drop_off_stage', 200)
  end as drop_off_stage,
  case
    when jsonb_typeof(archived.meta -> 'sentiment') in ('string', 'number')
      then left(archived.meta ->> 'sentiment', 200)
  end as sentiment
from public.conversation_sessions_v2 as archived
where
  not exists (
    select
    from public.conversation_sessions_v2 as newer
    where newer.tenant_id = archived.tenant_id and newer.session_id = archived.session_id and newer.id > archived.id
  )
union all
select
  active.session_id,
  active.tenant_id,
  active.user_id,
  null,
  active.created_at,
  null,
  active.last_activity_at,
  true,
  'active',
  true,
  left(active.intent, 200),
  null,
  null,
  null,
  null,
  null,
  null,
  null,
  null,
  null
from public.active_sessions_v2 as active
where not exists (
  select
  from public.conversation_sessions_v2 as archived
  where archived.tenant_id = active.tenant_id and archived.session_id = active.session_id
);

-- Runs as its owner, as the asking role may not read the bot's tables; behind the barrier, no condition of the
-- asker's is evaluated before the tenant's. Moments that no calendar of the readers has (infinity, before the year 1,
-- after 9999; a day less for time zones) are unknown.
create view dashboard.dialogues with (security_barrier = true) as
select
  session_id, tenant_id, client_id, channel,
  case when started_at between '0001-01-02 00:00+00' and '9999-12-30 00:00+00' then started_at end as started_at,
  case when ended_at between '0001-01-02 00:00+00' and '9999-12-30 00:00+00' then ended_at end as ended_at,
  case
    when last_activity_at between '0001-01-02 00:00+00' and '9999-12-30 00:00+00' then last_activity_at
  end as last_activity_at,
  is_active, status, is_known_status, intent, booking_id, booking_status, booking_source,
  case when booking_at between '0001-01-02 00:00+00' and '9999-12-30 00:00+00' then booking_at end as booking_at,
  booking_amount, booking_currency, messages_count, drop_off_stage, sentiment
from dashboard.all_dialogues
where tenant_id = (select dashboard.current_tenant()) and (select dashboard.allowed('dialogues.read'));
grant select on dashboard.dialogues to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
