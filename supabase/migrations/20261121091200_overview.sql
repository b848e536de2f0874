-- The overview's figures, for periods of a salon's own days.
--
--   dialogue    a session that started in the period
--   booking     a dialogue whose booking is confirmed
--   conversion  bookings / dialogues; undefined without dialogues
--   revenue     the sum of the bookings' amounts that are in the salon's currency
-- Every figure can be opened to its rows: they are dashboard.dialogues with the same conditions.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside --------------------------------------------------------------------------------------------------------------

-- Checks the period, and who asks for it; returns the salon that it is for.
create function dashboard.checked_period(from_day date, to_day date)
returns uuid
language plpgsql stable
set search_path = ''
as $$
begin
  perform dashboard.require('overview.read');
  if from_day is null or to_day is null
    or from_day not between '2000-01-01' and '2199-12-31' or to_day not between '2000-01-01' and '2199-12-31'
  then
    perform dashboard.refuse(
      422, 'period_invalid', 'The period needs a first and a last day after 1999.', 'Send dates such as 2026-01-31.'
    );
  end if;
  if from_day > to_day then
    perform dashboard.refuse(422, 'period_reversed', 'The period ends before it begins.', 'Swap the two days.');
  end if;
  if to_day - from_day >= 1098 then
    perform dashboard.refuse(422, 'period_too_long', 'The period is longer than three years.', 'Choose a shorter period.');
  end if;
  return dashboard.require_tenant();
end
$$;

-- One row for each dialogue that started on the salon's days `from_day` to `to_day`, with what the figures are made of.
--
-- A day is decided by the local date of the instant, and by nothing else: the instant of "midnight" does not exist on
-- some days and exists twice on others, so that a range of instants and a date would disagree there. The range is only
-- to use the index; no offset reaches a day. (Without `set search_path` it is made part of the query that calls it, and
-- planned for the period asked for. Those callers set the path.)
create function dashboard.counted_dialogues(tenant uuid, from_day date, to_day date)
returns table (
  day date, is_booking boolean, is_cancelled boolean, is_known_status boolean, amount numeric, currency text,
  is_own_currency boolean
)
language sql stable
as $$
  select
    found.day,
    found.booking_status is not distinct from 'confirmed',
    found.booking_status is not distinct from 'cancelled',
    found.is_known_status,
    found.booking_amount,
    found.currency,
    found.currency is not distinct from found.own_currency
  from (
    select
      (dialogue.started_at at time zone profile.time_zone)::date as day,
      dialogue.booking_status,
      dialogue.is_known_status,
      dialogue.booking_amount,
      -- what is no code of three letters names no currency
      substring(upper(btrim(dialogue.booking_currency)) from '^[A-Z]{3}$') as currency,
      profile.currency as own_currency
    from dashboard.tenant_profiles as profile
    inner join dashboard.all_dialogues as dialogue on dialogue.tenant_id = profile.tenant_id
    where profile.tenant_id = counted_dialogues.tenant
      and dialogue.started_at >= (counted_dialogues.from_day - 1)::timestamp at time zone 'UTC'
      and dialogue.started_at < (counted_dialogues.to_day + 2)::timestamp at time zone 'UTC'
    offset 0 -- keeps the day from being worked out again for each of its uses
  ) as found
  where found.day between counted_dialogues.from_day and counted_dialogues.to_day
$$;

-- For the pages -------------------------------------------------------------------------------------------------------

-- Four rows: the figures of the period, and of the period of equal length just before. `detail` tells, for the period,
-- what the figures leave out or could not read:
--   cancelled                dialogues whose booking was cancelled
--   other_currencies         {currency: sum} of bookings in other currencies than the salon's, the eight with the most
--   more_currencies          bookings in further ones
--   without_amount           bookings without a usable amount
--   without_currency         bookings with an amount and no ISO currency; amount_without_currency is their sum
--   unrecognised_status      dialogues that ended with a status that nobody here knows
create function dashboard.overview_kpis(from_day date, to_day date)
returns table (metric text, current_value numeric, previous_value numeric, unit text, detail jsonb)
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  tenant uuid := dashboard.checked_period(from_day, to_day);
begin
  return query
  with parts as materialized (
    select
      counted.day >= from_day as is_current,
      counted.currency,
      counted.is_own_currency,
      count(*) as dialogues,
      count(*) filter (where counted.is_booking) as bookings,
      sum(counted.amount) filter (where counted.is_booking) as amount,
      count(*) filter (where counted.is_booking and counted.amount is null) as without_amount,
      count(*) filter (where counted.is_cancelled) as cancelled,
      count(*) filter (where not counted.is_known_status) as unrecognised_status
    from dashboard.counted_dialogues(tenant, from_day - (to_day - from_day + 1), to_day) as counted
    group by 1, 2, 3
  ),
  figures as (
    select
      period.is_current,
      coalesce(sum(parts.dialogues), 0) as dialogues,
      coalesce(sum(parts.bookings), 0) as bookings,
      coalesce(sum(parts.amount) filter (where parts.is_own_currency), 0) as revenue
    from (values (true), (false)) as period (is_current)
    left join parts on parts.is_current = period.is_current
    group by period.is_current
  ),
  -- Anything of three letters may have been written, so there may be thousands.
  others as (
    select
      parts.currency,
      parts.amount,
      parts.bookings - parts.without_amount as bookings,
      row_number() over (order by parts.bookings desc, parts.currency) as place
    from parts
    where parts.is_current and parts.currency is not null and not parts.is_own_currency and parts.amount is not null
  ),
  left_out as (
    select jsonb_build_object(
      'cancelled', coalesce(sum(parts.cancelled), 0),
      'unrecognised_status', coalesce(sum(parts.unrecognised_status), 0),
      'without_amount', coalesce(sum(parts.without_amount), 0),
      'without_currency',
      coalesce(sum(parts.bookings - parts.without_amount) filter (where parts.currency is null), 0),
      'amount_without_currency', coalesce(sum(parts.amount) filter (where parts.currency is null), 0),
      'other_currencies',
      (select coalesce(jsonb_object_agg(other.currency, other.amount), '{}') from others as other where other.place <= 8),
      'more_currencies',
      (select coalesce(sum(other.bookings), 0) from others as other where other.place > 8)
    ) as detail
    from parts
    where parts.is_current
  )
  select figure.metric, figure.current_value, figure.previous_value, figure.unit, left_out.detail
  from figures as this_period
  inner join figures as one_before on this_period.is_current and not one_before.is_current
  cross join left_out
  cross join dashboard.tenant_profiles as profile
  cross join lateral (
    values
    (1, 'dialogues', this_period.dialogues, one_before.dialogues, 'count'),
    (2, 'bookings', this_period.bookings, one_before.bookings, 'count'),
    (
      3, 'conversion',
      round(this_period.bookings / nullif(this_period.dialogues, 0), 6),
      round(one_before.bookings / nullif(one_before.dialogues, 0), 6),
      'ratio'
    ),
    (4, 'revenue', this_period.revenue, one_before.revenue, profile.currency)
  ) as figure (place, metric, current_value, previous_value, unit)
  where profile.tenant_id = tenant
  order by figure.place;
end
$$;
grant execute on function dashboard.overview_kpis(date, date) to authenticated;

-- One row for each day of the period, also for days without a dialogue.
create function dashboard.dialogues_by_day(from_day date, to_day date)
returns table (day date, dialogues integer, bookings integer, revenue numeric)
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  tenant uuid := dashboard.checked_period(from_day, to_day);
begin
  return query
  select
    calendar.day,
    count(counted.day)::integer,
    count(*) filter (where counted.is_booking)::integer,
    coalesce(sum(counted.amount) filter (where counted.is_booking and counted.is_own_currency), 0)
  from (select from_day + number as day from generate_series(0, to_day - from_day) as number) as calendar
  left join dashboard.counted_dialogues(tenant, from_day, to_day) as counted on counted.day = calendar.day
  group by calendar.day
  order by calendar.day;
end
$$;
grant execute on function dashboard.dialogues_by_day(date, date) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
