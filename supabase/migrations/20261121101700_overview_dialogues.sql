-- The parts of the overview that cannot be added up: medians, different clients, what became of each booking.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- The day of an ISO date or time in the bot's JSON; null for what is none.
create function dashboard.iso_day(value text)
returns date
language sql immutable
as $$
  select case
    when value !~ '^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])($|[T ])' then null
    when substr(value, 9, 2) <= '28' or substr(value, 9, 2)::integer <= extract(
      day from make_date(left(value, 4)::integer, substr(value, 6, 2)::integer, 1) + interval '1 month - 1 day'
    )
      then make_date(left(value, 4)::integer, substr(value, 6, 2)::integer, substr(value, 9, 2)::integer)
  end
$$;

-- Inside: {"kpis": {new_clients, returning_clients, first_reply_ms}, "visited": [current, previous],
-- "visited_known": n, "outside_bookings": n, "stayed": n, "stayed_of": n}.
create function dashboard.overview_dialogues(reading dashboard.metrics_reading)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  from_at timestamptz := (reading.previous_day - 1)::timestamp at time zone 'UTC';
  to_at timestamptz := (reading.last_day + 2)::timestamp at time zone 'UTC';
  today date := (now() at time zone reading.time_zone)::date;
  week_ago timestamptz := now() - interval '7 days';
  by_hour boolean := reading.first_day = reading.last_day;
  touched uuid[]; -- clients with a dialogue that the index does not have as it is
  found jsonb;
begin
  touched := array(
    select known.client_id
    from dashboard.dialogue_index as known
    where known.tenant_id = reading.tenant_id and known.session_id = any(reading.removed)
    union
    select dialogue.client_id from unnest(reading.fresh) as dialogue
  );
  with dialogue as materialized (
    select
      present.client_id,
      present.local_start::date >= reading.first_day as is_current,
      case
        when by_hour then extract(hour from present.local_start)::integer
        else present.local_start::date - reading.first_day
      end as place,
      present.first_reply_ms,
      present.is_booked,
      present.booking_at,
      present.is_booked and dashboard.is_closed(
        present.local_start::time, reading.opens_at, reading.closes_at
      ) as is_outside,
      present.started_at <= week_ago and (present.is_booked or present.is_cancelled) as is_decided
    from (
      select
        known.client_id, known.first_reply_ms, known.booking_at, known.started_at,
        known.booking_status is not distinct from 'confirmed' as is_booked,
        known.booking_status is not distinct from 'cancelled' as is_cancelled,
        known.started_at at time zone reading.time_zone as local_start
      from dashboard.dialogue_index as known
      where known.tenant_id = reading.tenant_id and known.started_at >= from_at and known.started_at < to_at
        and known.session_id <> all(reading.removed)
      union all
      select
        fresh.client_id, fresh.first_reply_ms, fresh.booking_at, fresh.started_at,
        fresh.booking_status is not distinct from 'confirmed',
        fresh.booking_status is not distinct from 'cancelled',
        fresh.started_at at time zone reading.time_zone
      from unnest(reading.fresh) as fresh
      where fresh.started_at >= from_at and fresh.started_at < to_at
      offset 0 -- keeps the local start from being worked out again for each of its uses
    ) as present
    where present.local_start::date between reading.previous_day and reading.last_day
  ),
  -- Clients -----------------------------------------------------------------------------------------------------------
  newcomer as materialized (
    select
      beginning.client_id,
      (beginning.started_at at time zone reading.time_zone)::date as day,
      extract(hour from beginning.started_at at time zone reading.time_zone)::integer as hour
    from (
      select known.client_id, known.started_at
      from dashboard.dialogue_index as known
      where known.tenant_id = reading.tenant_id and known.started_at >= from_at and known.started_at < to_at
        and known.is_first and known.client_id <> all(touched)
      union all
      select changed.client_id, min(changed.started_at)
      from (
        select known.client_id, known.started_at
        from dashboard.dialogue_index as known
        where known.tenant_id = reading.tenant_id and known.started_at < to_at and known.client_id = any(touched)
          and known.session_id <> all(reading.removed)
        union all
        select fresh.client_id, fresh.started_at from unnest(reading.fresh) as fresh where fresh.started_at < to_at
      ) as changed
      group by changed.client_id
      having min(changed.started_at) >= from_at
      offset 0
    ) as beginning
  ),
  newcomers as (
    select
      count(*) filter (where newcomer.day between reading.first_day and reading.last_day) as of_period,
      count(*) filter (
        where newcomer.day >= reading.previous_day and newcomer.day < reading.first_day
      ) as of_previous
    from newcomer
  ),
  visitors as (
    select count(*) filter (where client.came_now) as of_period, count(*) filter (where client.came_before) as of_previous
    from (
      select dialogue.client_id, bool_or(dialogue.is_current) as came_now, bool_or(not dialogue.is_current) as came_before
      from dialogue
      group by dialogue.client_id
    ) as client
  ),
  newcomers_by_point as (
    select
      case when by_hour then newcomer.hour else newcomer.day - reading.first_day end as place,
      count(*) as clients
    from newcomer
    where newcomer.day between reading.first_day and reading.last_day
    group by 1
  ),
  by_point as (
    select seen.place, count(*) as clients
    from (select distinct dialogue.place, dialogue.client_id from dialogue where dialogue.is_current) as seen
    group by seen.place
  ),
  -- First replies -----------------------------------------------------------------------------------------------------
  replies as (
    select
      percentile_cont(0.5) within group (order by dialogue.first_reply_ms) filter (where dialogue.is_current) as median,
      percentile_cont(0.5) within group (order by dialogue.first_reply_ms) filter (
        where not dialogue.is_current
      ) as previous_median,
      count(*) filter (where dialogue.is_current) as answered
    from dialogue
    where dialogue.first_reply_ms is not null
  ),
  replies_by_point as (
    select dialogue.place, percentile_cont(0.5) within group (order by dialogue.first_reply_ms) as median
    from dialogue
    where dialogue.is_current and dialogue.first_reply_ms is not null
    group by dialogue.place
  ),
  sparks as (
    select
      jsonb_agg(coalesce(newcomers_by_point.clients, 0) order by point.place) as new_clients,
      jsonb_agg(
        coalesce(by_point.clients, 0) - coalesce(newcomers_by_point.clients, 0) order by point.place
      ) as returning_clients,
      jsonb_agg(round(replies_by_point.median::numeric) order by point.place) as first_reply_ms
    from dashboard.period_points(reading.first_day, reading.last_day) as point
    left join newcomers_by_point on newcomers_by_point.place = point.place
    left join by_point on by_point.place = point.place
    left join replies_by_point on replies_by_point.place = point.place
  ),
  -- Bookings ----------------------------------------------------------------------------------------------------------
  past as (
    select booked.is_current, booked.visit_day, dashboard.iso_day(booked.last_visit) as last_visit_day
    from (
      select
        dialogue.is_current,
        (dialogue.booking_at at time zone reading.time_zone)::date as visit_day,
        left(memory.ltm_data ->> 'last_visit_date', 11) as last_visit
      from dialogue
      inner join public.user_ltm_v2 as memory
        on memory.tenant_id = reading.tenant_id and memory.user_id = dialogue.client_id
      where dialogue.is_booked and dialogue.booking_at < now()
      offset 0 -- keeps each of these from being worked out again for each of its uses
    ) as booked
    where booked.visit_day < today
  ),
  visits as (
    select
      count(*) filter (where past.is_current and past.last_visit_day >= past.visit_day) as visited,
      count(*) filter (where not past.is_current and past.last_visit_day >= past.visit_day) as previous_visited,
      count(past.last_visit_day) filter (where past.is_current) as known
    from past
  ),
  bookings as (
    select
      count(*) filter (where dialogue.is_outside) as outside,
      count(*) filter (where dialogue.is_decided and dialogue.is_booked) as stayed,
      count(*) filter (where dialogue.is_decided) as stayed_of
    from dialogue
    where dialogue.is_current
  )
  select jsonb_build_object(
    'kpis', jsonb_build_object(
      'new_clients', dashboard.figure(newcomers.of_period, newcomers.of_previous, sparks.new_clients, null),
      'returning_clients', dashboard.figure(
        visitors.of_period - newcomers.of_period, visitors.of_previous - newcomers.of_previous,
        sparks.returning_clients, null
      ),
      'first_reply_ms', dashboard.figure(
        round(replies.median::numeric), round(replies.previous_median::numeric),
        sparks.first_reply_ms, jsonb_build_object('dialogues', replies.answered)
      )
    ),
    'visited', jsonb_build_array(visits.visited, visits.previous_visited),
    'visited_known', visits.known,
    'outside_bookings', bookings.outside,
    'stayed', bookings.stayed,
    'stayed_of', bookings.stayed_of
  )
  into found
  from newcomers
  cross join visitors
  cross join replies
  cross join sparks
  cross join visits
  cross join bookings;
  return found;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
