-- Reading figures exactly: rollups where they hold, the index elsewhere, and what the index has not seen yet.
--
--   total = rollups of collected days + the index's dialogues of other days
--           - the index's dialogues that are not as the bot's tables have them now + those dialogues as they are now
--
-- The last two are few, as the index is seconds behind; so a read costs no more while the bot writes.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- What one read of figures is about, and how the index differs from the bot's tables at its moment.
create type dashboard.metrics_reading as (
  tenant_id uuid,
  time_zone text,
  currency text,
  opens_at time, -- noqa: LT01
  closes_at time, -- noqa: LT01
  previous_day date, -- noqa: LT01
  first_day date,
  last_day date,
  removed uuid[], -- noqa: LT01
  fresh dashboard.dialogue_index[] -- noqa: LT01
);

-- Whether the archive's rows that began before this moment are in the index as they are: by their number, and by a sum
-- over their ids and versions, which takes a third of the time of comparing row by row. (A session that is there twice
-- fails it, and is compared row by row.)
create function dashboard.history_is_settled(tenant uuid, before_at timestamptz)
returns boolean
language plpgsql stable
set search_path = ''
as $$
declare
  archived_rows bigint;
  archived_sum numeric;
  known_rows bigint;
  known_sum numeric;
begin
  select count(*), sum((archived.id % 1000003 + 1) * age(archived.xmin))
  into archived_rows, archived_sum
  from public.conversation_sessions_v2 as archived
  where archived.tenant_id = tenant and archived.started_at between '0001-01-02 00:00+00' and before_at;
  select count(*), sum((dialogue.archive_id % 1000003 + 1) * age(dialogue.source_xmin))
  into known_rows, known_sum
  from dashboard.dialogue_index as dialogue
  where dialogue.tenant_id = tenant and dialogue.started_at <= before_at and dialogue.archive_id is not null;
  return archived_rows = known_rows and archived_sum is not distinct from known_sum;
end
$$;

-- `with_history`: also for whom it was the first dialogue, which takes all that went before.
create function dashboard.begin_reading(tenant uuid, from_day date, to_day date, with_history boolean)
returns dashboard.metrics_reading
language plpgsql stable
set search_path = ''
as $$
declare
  reading dashboard.metrics_reading;
  previous_day date := from_day - (to_day - from_day + 1);
  -- only to use indexes: no offset reaches a day
  from_at timestamptz := (previous_day - 1)::timestamp at time zone 'UTC';
  to_at timestamptz := (to_day + 2)::timestamp at time zone 'UTC';
  silent uuid[];
  archive_ids bigint[];
begin
  select profile.tenant_id, profile.time_zone, profile.currency, profile.opens_at, profile.closes_at
  into strict reading.tenant_id, reading.time_zone, reading.currency, reading.opens_at, reading.closes_at
  from dashboard.tenant_profiles as profile
  where profile.tenant_id = tenant;
  reading.previous_day := previous_day;
  reading.first_day := from_day;
  reading.last_day := to_day;

  select
    coalesce(array_agg(one.session_id), '{}'),
    coalesce(array_agg(one.session_id) filter (where not one.has_moved), '{}'),
    coalesce(array_agg(one.archive_id) filter (where one.has_moved and one.archive_id is not null), '{}')
  into reading.removed, silent, archive_ids
  from dashboard.unsettled_dialogues(
    tenant,
    case
      when with_history and not dashboard.history_is_settled(tenant, from_at) then '0001-01-02 00:00+00'
      else from_at
    end,
    to_at
  ) as one;
  reading.fresh := array(
    select dialogue
    from dashboard.fresh_dialogues(tenant, reading.removed, silent, archive_ids, from_at) as dialogue
  );
  return reading;
end
$$;

-- Sums by the hour, as rows of metrics_hours: of each day and hour, all together give the figures.
create function dashboard.hours_of(reading dashboard.metrics_reading, from_day date)
returns setof dashboard.metrics_hours
language plpgsql stable
set search_path = ''
as $$
declare
  first_days date[];
  last_days date[];
begin
  select array_agg(run.first_day), array_agg(run.last_day)
  into first_days, last_days
  from dashboard.uncollected_runs(
    reading.tenant_id, reading.time_zone, reading.currency, from_day, reading.last_day
  ) as run;
  return query
  select hourly.*
  from dashboard.metrics_hours as hourly
  inner join dashboard.metrics_collected as collected
    on collected.tenant_id = hourly.tenant_id and collected.day = hourly.day
  where hourly.tenant_id = reading.tenant_id and hourly.day between from_day and reading.last_day
    and collected.time_zone = reading.time_zone and collected.currency = reading.currency;
  return query
  select counted.*
  from dashboard.count_hours(
    reading.tenant_id, reading.time_zone, reading.currency, first_days, last_days, reading.removed, reading.fresh
  ) as counted
  where counted.day between from_day and reading.last_day;
end
$$;

-- The same by what the period's dialogues name, as rows of metrics_days.
create function dashboard.slices_of(reading dashboard.metrics_reading)
returns setof dashboard.metrics_days
language plpgsql stable
set search_path = ''
as $$
declare
  first_days date[];
  last_days date[];
begin
  select array_agg(run.first_day), array_agg(run.last_day)
  into first_days, last_days
  from dashboard.uncollected_runs(
    reading.tenant_id, reading.time_zone, reading.currency, reading.first_day, reading.last_day
  ) as run;
  return query
  select daily.*
  from dashboard.metrics_days as daily
  inner join dashboard.metrics_collected as collected
    on collected.tenant_id = daily.tenant_id and collected.day = daily.day
  where daily.tenant_id = reading.tenant_id and daily.day between reading.first_day and reading.last_day
    and collected.time_zone = reading.time_zone and collected.currency = reading.currency;
  return query
  select counted.*
  from dashboard.count_slices(
    reading.tenant_id, reading.time_zone, reading.currency, first_days, last_days, reading.removed, reading.fresh
  ) as counted
  where counted.day between reading.first_day and reading.last_day;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
