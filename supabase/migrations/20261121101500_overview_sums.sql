-- The parts of the overview that are sums: most cards, the days, the funnel, the heat map.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- The points of a period: its days, or the hours of its only day.
create function dashboard.period_points(from_day date, to_day date)
returns table (place integer, day date, hour smallint, at text)
language sql immutable
set search_path = ''
as $$
  select number, from_day + number, null::smallint, (from_day + number)::text
  from generate_series(0, to_day - from_day) as number
  where from_day < to_day
  union all
  select number, from_day, number::smallint, from_day::text || 'T' || lpad(number::text, 2, '0') || ':00'
  from generate_series(0, 23) as number
  where from_day = to_day
$$;

-- One figure as the page takes it.
create function dashboard.figure(current_value numeric, previous_value numeric, spark jsonb, detail jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'current', current_value, 'previous', previous_value, 'spark', coalesce(spark, '[]'), 'detail', coalesce(detail, '{}')
  )
$$;

-- Inside: {"kpis": …, "points": …, "stages": {"current": …, "previous": …}, "heat": …, "replies": n,
-- "unrecognised_status": n, "unrecognised_drop_off": n}.
-- `money` tells what revenue leaves out (money_left_out) and is part of the details.
create function dashboard.overview_sums(reading dashboard.metrics_reading, money jsonb)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  sums jsonb;
begin
  with hourly as materialized (
    select * from dashboard.hours_of(reading, reading.previous_day)
  ),
  figures as (
    select
      period.is_current,
      coalesce(sum(hourly.dialogues), 0) as dialogues,
      coalesce(sum(hourly.intents), 0) as intents,
      coalesce(sum(hourly.services), 0) as services,
      coalesce(sum(hourly.slots), 0) as slots,
      coalesce(sum(hourly.bookings), 0) as bookings,
      coalesce(sum(hourly.cancelled), 0) as cancelled,
      coalesce(sum(hourly.escalated), 0) as escalated,
      coalesce(sum(hourly.unrecognised_status), 0) as unrecognised_status,
      coalesce(sum(hourly.unrecognised_drop_off), 0) as unrecognised_drop_off,
      coalesce(sum(hourly.replies), 0) as replies,
      coalesce(sum(hourly.priced), 0) as priced,
      coalesce(sum(hourly.revenue), 0) as revenue,
      coalesce(sum(hourly.without_amount), 0) as without_amount,
      coalesce(sum(hourly.without_currency), 0) as without_currency,
      coalesce(sum(hourly.amount_without_currency), 0) as amount_without_currency
    from (values (true), (false)) as period (is_current)
    left join hourly on (hourly.day >= reading.first_day) = period.is_current
    group by period.is_current
  ),
  pointed as (
    select
      point.place,
      point.at,
      coalesce(sum(hourly.dialogues), 0) as dialogues,
      coalesce(sum(hourly.bookings), 0) as bookings,
      coalesce(sum(hourly.revenue), 0) as revenue,
      coalesce(sum(hourly.priced), 0) as priced,
      coalesce(sum(hourly.escalated), 0) as escalated
    from dashboard.period_points(reading.first_day, reading.last_day) as point
    left join hourly on hourly.day = point.day and (point.hour is null or hourly.hour = point.hour)
    group by point.place, point.at
  ),
  sparks as (
    select
      jsonb_agg(
        jsonb_build_object(
          'at', pointed.at, 'dialogues', pointed.dialogues, 'bookings', pointed.bookings, 'revenue', pointed.revenue
        )
        order by pointed.place
      ) as points,
      jsonb_agg(pointed.dialogues order by pointed.place) as dialogues,
      jsonb_agg(pointed.bookings order by pointed.place) as bookings,
      jsonb_agg(round(pointed.bookings::numeric / nullif(pointed.dialogues, 0), 6) order by pointed.place) as conversion,
      jsonb_agg(pointed.revenue order by pointed.place) as revenue,
      jsonb_agg(round(pointed.revenue / nullif(pointed.priced, 0), 2) order by pointed.place) as average_ticket,
      jsonb_agg(pointed.escalated order by pointed.place) as escalated
    from pointed
  ),
  weekly as (
    select extract(isodow from hourly.day) as weekday, hourly.hour, sum(hourly.dialogues) as dialogues
    from hourly
    where hourly.day >= reading.first_day
    group by 1, 2
  ),
  heat as (
    select jsonb_agg(by_day.hours order by by_day.weekday) as rows
    from (
      select weekday.number as weekday, jsonb_agg(coalesce(weekly.dialogues, 0) order by hour.number) as hours
      from generate_series(1, 7) as weekday (number)
      cross join generate_series(0, 23) as hour (number)
      left join weekly on weekly.weekday = weekday.number and weekly.hour = hour.number
      group by weekday.number
    ) as by_day
  )
  select jsonb_build_object(
    'kpis', jsonb_build_object(
      'dialogues', dashboard.figure(this.dialogues, before.dialogues, sparks.dialogues, about.detail),
      'bookings', dashboard.figure(this.bookings, before.bookings, sparks.bookings, about.detail),
      'conversion', dashboard.figure(
        round(this.bookings::numeric / nullif(this.dialogues, 0), 6),
        round(before.bookings::numeric / nullif(before.dialogues, 0), 6),
        sparks.conversion, about.detail
      ),
      'revenue', dashboard.figure(this.revenue, before.revenue, sparks.revenue, about.detail),
      'average_ticket', dashboard.figure(
        round(this.revenue / nullif(this.priced, 0), 2), round(before.revenue / nullif(before.priced, 0), 2),
        sparks.average_ticket, about.detail || jsonb_build_object('bookings', this.priced)
      ),
      'escalated', dashboard.figure(this.escalated, before.escalated, sparks.escalated, null)
    ),
    'points', sparks.points,
    'stages', jsonb_build_object(
      'current', jsonb_build_array(this.dialogues, this.intents, this.services, this.slots, this.bookings),
      'previous', jsonb_build_array(before.dialogues, before.intents, before.services, before.slots, before.bookings)
    ),
    'unrecognised_status', this.unrecognised_status,
    'unrecognised_drop_off', this.unrecognised_drop_off,
    'heat', heat.rows,
    'replies', this.replies
  )
  into sums
  from figures as this
  inner join figures as before on this.is_current and not before.is_current
  cross join sparks
  cross join heat
  cross join lateral (
    select money || jsonb_build_object(
      'cancelled', this.cancelled, 'unrecognised_status', this.unrecognised_status,
      'without_amount', this.without_amount, 'without_currency', this.without_currency,
      'amount_without_currency', this.amount_without_currency
    )
  ) as about (detail);
  return sums;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
