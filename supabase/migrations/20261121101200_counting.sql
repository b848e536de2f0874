-- Counting dialogues: by hours, and by what they name. The same two functions make the rollups and what is added to
-- them, so that both count alike.
--
-- What figures and filters mean, everywhere:
--   day, hour      local ones of the start; the local date of the instant decides, and nothing else
--   booking        booking_status is 'confirmed' (stage 5)
--   escalated      status is 'escalated' or 'transferred'
--   stage          the dialogue came at least so far: a stage counts all that came further too
--   new client     the first dialogue ever is in the period
--   returning      a dialogue in the period, and the first one ever before it
--   active now     is_active, and last_activity_at not longer than 30 minutes ago
--   outside        a booking whose dialogue began outside the working hours (is_outside_hours)
--   stayed         of the period's bookings, confirmed or cancelled, of dialogues that began 7 days ago or earlier:
--                  those still confirmed
--   visited        a booking whose visit day is past, and the client's last visit known to the bot is on that day or
--                  later

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Dialogues with their sign: +1 for those of the index whose day is in one of the runs of days, and for `fresh` ones;
-- -1 for those of the index that are `removed`. Every sum over days that are in runs or in rollups is right then.
-- (Without `set search_path` it is made part of the query that calls it. Those callers set the path.)
create function dashboard.signed_dialogues(
  tenant uuid, zone text, first_days date[], last_days date[], removed uuid[], fresh dashboard.dialogue_index[]
)
returns table (
  sign integer, day date, hour smallint, stage smallint, booking_status text, status text, is_known_status boolean,
  drop_off_stage text, replies_count integer, amount numeric, currency text, services text[], staff_id text,
  channel text
)
language sql stable
as $$
  select
    found.sign, found.local_start::date, extract(hour from found.local_start)::smallint, found.stage,
    found.booking_status, found.status, found.is_known_status, found.drop_off_stage, found.replies_count,
    found.booking_amount, found.booking_currency, found.services, found.staff_id, found.channel
  from (
    select
      1 as sign, run.first_day, run.last_day, dialogue.started_at at time zone zone as local_start,
      dialogue.stage, dialogue.booking_status, dialogue.status, dialogue.is_known_status, dialogue.drop_off_stage,
      dialogue.replies_count, dialogue.booking_amount, dialogue.booking_currency, dialogue.services, dialogue.staff_id,
      dialogue.channel
    from unnest(first_days, last_days) as run (first_day, last_day)
    inner join dashboard.dialogue_index as dialogue
      on dialogue.tenant_id = signed_dialogues.tenant
      -- only to use the index: no offset reaches a day
      and dialogue.started_at >= (run.first_day - 1)::timestamp at time zone 'UTC'
      and dialogue.started_at < (run.last_day + 2)::timestamp at time zone 'UTC'
    offset 0 -- keeps the local start from being worked out again for each of its uses
  ) as found
  where found.local_start::date between found.first_day and found.last_day
  union all
  select
    changed.sign, changed.local_start::date, extract(hour from changed.local_start)::smallint, changed.stage,
    changed.booking_status, changed.status, changed.is_known_status, changed.drop_off_stage, changed.replies_count,
    changed.booking_amount, changed.booking_currency, changed.services, changed.staff_id, changed.channel
  from (
    select
      -1 as sign, dialogue.started_at at time zone zone as local_start, dialogue.stage, dialogue.booking_status,
      dialogue.status, dialogue.is_known_status, dialogue.drop_off_stage, dialogue.replies_count,
      dialogue.booking_amount, dialogue.booking_currency, dialogue.services, dialogue.staff_id, dialogue.channel
    from dashboard.dialogue_index as dialogue
    where dialogue.tenant_id = signed_dialogues.tenant and dialogue.session_id = any(removed)
    union all
    select
      1, dialogue.started_at at time zone zone, dialogue.stage, dialogue.booking_status, dialogue.status,
      dialogue.is_known_status, dialogue.drop_off_stage, dialogue.replies_count, dialogue.booking_amount,
      dialogue.booking_currency, dialogue.services, dialogue.staff_id, dialogue.channel
    from unnest(fresh) as dialogue
  ) as changed
  where changed.local_start is not null
$$;

-- As rows of metrics_hours.
create function dashboard.count_hours(
  tenant uuid, zone text, own_currency text, first_days date[], last_days date[], removed uuid[],
  fresh dashboard.dialogue_index[]
)
returns setof dashboard.metrics_hours
language plpgsql stable
set search_path = ''
as $$
begin
  return query
  select
    tenant,
    dialogue.day,
    dialogue.hour,
    sum(dialogue.sign)::integer,
    coalesce(sum(dialogue.sign) filter (where dialogue.stage >= 2), 0)::integer,
    coalesce(sum(dialogue.sign) filter (where dialogue.stage >= 3), 0)::integer,
    coalesce(sum(dialogue.sign) filter (where dialogue.stage >= 4), 0)::integer,
    coalesce(sum(dialogue.sign) filter (where dialogue.stage >= 5), 0)::integer,
    coalesce(sum(dialogue.sign) filter (where dialogue.booking_status = 'cancelled'), 0)::integer,
    coalesce(sum(dialogue.sign) filter (where dialogue.status in ('escalated', 'transferred')), 0)::integer,
    coalesce(sum(dialogue.sign) filter (where not dialogue.is_known_status), 0)::integer,
    coalesce(
      sum(dialogue.sign) filter (
        where dialogue.drop_off_stage not in ('service_selection', 'staff_selection', 'time_selection')
      ),
      0
    )::integer,
    coalesce(sum(dialogue.sign * greatest(dialogue.replies_count, 0)::bigint), 0)::bigint,
    coalesce(
      sum(dialogue.sign) filter (
        where dialogue.stage >= 5 and dialogue.currency = own_currency and dialogue.amount is not null
      ),
      0
    )::integer,
    coalesce(
      sum(dialogue.sign * dialogue.amount) filter (where dialogue.stage >= 5 and dialogue.currency = own_currency), 0
    ),
    coalesce(sum(dialogue.sign) filter (where dialogue.stage >= 5 and dialogue.amount is null), 0)::integer,
    coalesce(
      sum(dialogue.sign) filter (
        where dialogue.stage >= 5 and dialogue.currency is null and dialogue.amount is not null
      ),
      0
    )::integer,
    coalesce(
      sum(dialogue.sign * dialogue.amount) filter (where dialogue.stage >= 5 and dialogue.currency is null), 0
    )
  from dashboard.signed_dialogues(tenant, zone, first_days, last_days, removed, fresh) as dialogue
  group by dialogue.day, dialogue.hour;
end
$$;

-- As rows of metrics_days. A dialogue that names a service twice, in whatever spelling, counts for it once.
create function dashboard.count_slices(
  tenant uuid, zone text, own_currency text, first_days date[], last_days date[], removed uuid[],
  fresh dashboard.dialogue_index[]
)
returns setof dashboard.metrics_days
language plpgsql stable
set search_path = ''
as $$
begin
  return query
  with counted as materialized (
    select
      dialogue.sign,
      dialogue.day,
      dialogue.services,
      coalesce(dialogue.staff_id, '') as staff_id,
      coalesce(dialogue.channel, '') as channel,
      dialogue.sign * (dialogue.stage >= 5)::integer as bookings,
      case when dialogue.stage >= 5 then dialogue.sign * dialogue.amount end as amount,
      dialogue.currency
    from dashboard.signed_dialogues(tenant, zone, first_days, last_days, removed, fresh) as dialogue
  ),
  sliced as (
    select
      counted.day, 'service' as dimension, coalesce(counted.services[1], '') as key, counted.sign, counted.bookings,
      case when counted.currency = own_currency then counted.amount end as amount
    from counted
    where cardinality(counted.services) < 2
    union all
    select
      counted.day, 'service', named.service, counted.sign, counted.bookings,
      case when counted.currency = own_currency then counted.amount end
    from counted
    cross join lateral (
      select distinct on (lower(label.name)) label.name as service
      from unnest(counted.services) with ordinality as label (name, place)
      order by lower(label.name), label.place
    ) as named
    where cardinality(counted.services) >= 2
    union all
    select
      counted.day, 'staff', counted.staff_id, counted.sign, counted.bookings,
      case when counted.currency = own_currency then counted.amount end
    from counted
    union all
    select
      counted.day, 'channel', counted.channel, counted.sign, counted.bookings,
      case when counted.currency = own_currency then counted.amount end
    from counted
    union all
    select counted.day, 'currency', coalesce(counted.currency, ''), counted.sign, counted.bookings, counted.amount
    from counted
    where counted.amount is not null
  )
  select
    tenant, sliced.day, sliced.dimension, sliced.key, sum(sliced.sign)::integer, sum(sliced.bookings)::integer,
    coalesce(sum(sliced.amount), 0)
  from sliced
  group by sliced.day, sliced.dimension, sliced.key;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
