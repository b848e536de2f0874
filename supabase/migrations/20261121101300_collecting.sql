-- Collecting: filling the rollups with days that are not in them, or hold no longer.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside --------------------------------------------------------------------------------------------------------------

-- Days of the span that no rollup holds for, as runs of following days.
create function dashboard.uncollected_runs(tenant uuid, zone text, own_currency text, from_day date, to_day date)
returns table (first_day date, last_day date)
language sql stable
set search_path = ''
as $$
  select min(missing.day), max(missing.day)
  from (
    select calendar.day, calendar.day - (row_number() over (order by calendar.day))::integer as run
    from (select from_day + number as day from generate_series(0, to_day - from_day) as number) as calendar
    where not exists (
      select
      from dashboard.metrics_collected as collected
      where collected.tenant_id = tenant and collected.day = calendar.day
        and collected.time_zone = zone and collected.currency = own_currency
    )
  ) as missing
  group by missing.run
$$;

-- A period that can be shown: checked_period without the question who asks.
create function dashboard.check_period(from_day date, to_day date)
returns void
language plpgsql immutable
set search_path = ''
as $$
begin
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
end
$$;

create or replace function dashboard.checked_period(from_day date, to_day date)
returns uuid
language plpgsql stable
set search_path = ''
as $$
begin
  perform dashboard.require('overview.read');
  perform dashboard.check_period(from_day, to_day);
  return dashboard.require_tenant();
end
$$;

-- For the collector ---------------------------------------------------------------------------------------------------

create function dashboard.collectable_tenants()
returns table (tenant_id uuid, name text)
language sql stable security definer
set search_path = ''
as $$
  select profile.tenant_id, profile.name from dashboard.tenant_profiles as profile order by profile.tenant_id
$$;
grant execute on function dashboard.collectable_tenants() to dashboard_worker;

-- The salon's finished days from `since` on, and from its first dialogue on, that are to be collected.
create function dashboard.uncollected_days(tenant uuid, since date)
returns setof date
language plpgsql stable security definer
set search_path = ''
as $$
declare
  profile dashboard.tenant_profiles;
  begins_at timestamptz;
begin
  select * into profile from dashboard.tenant_profiles as salon where salon.tenant_id = tenant;
  select min(dialogue.started_at) into begins_at
  from dashboard.dialogue_index as dialogue
  where dialogue.tenant_id = tenant and dialogue.started_at >= '2000-01-01';
  return query
  select run.first_day + number
  from dashboard.uncollected_runs(
    tenant, profile.time_zone, profile.currency,
    greatest(since, (begins_at at time zone profile.time_zone)::date),
    (now() at time zone profile.time_zone)::date - 1
  ) as run
  cross join generate_series(0, run.last_day - run.first_day) as number
  where begins_at is not null
  order by 1;
end
$$;
grant execute on function dashboard.uncollected_days(uuid, date) to dashboard_worker;

-- Counts days anew and keeps the sums, all of them or (when it fails) none. Repeating it gives the same.
create function dashboard.collect_days(tenant uuid, from_day date, to_day date)
returns table (day date, dialogues bigint)
language plpgsql volatile security definer
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
  profile dashboard.tenant_profiles;
begin
  select * into profile from dashboard.tenant_profiles as salon where salon.tenant_id = tenant;
  if not found then
    perform dashboard.refuse(404, 'tenant_not_found', 'There is no such salon.', 'Choose one of your salons.');
  end if;
  perform dashboard.check_period(from_day, to_day);
  perform dashboard.lock_collected(tenant);

  delete from dashboard.metrics_collected as old
  where old.tenant_id = tenant and old.day between from_day and to_day;
  delete from dashboard.metrics_hours as old where old.tenant_id = tenant and old.day between from_day and to_day;
  delete from dashboard.metrics_days as old where old.tenant_id = tenant and old.day between from_day and to_day;

  insert into dashboard.metrics_hours
  select counted.*
  from dashboard.count_hours(
    tenant, profile.time_zone, profile.currency, array[from_day], array[to_day], '{}', '{}'
  ) as counted;
  insert into dashboard.metrics_days
  select counted.*
  from dashboard.count_slices(
    tenant, profile.time_zone, profile.currency, array[from_day], array[to_day], '{}', '{}'
  ) as counted;

  return query
  insert into dashboard.metrics_collected as collected (tenant_id, day, time_zone, currency, dialogues, collected_at)
  select
    tenant, from_day + number, profile.time_zone, profile.currency, coalesce(sum(hourly.dialogues), 0)::integer, now()
  from generate_series(0, to_day - from_day) as number
  left join dashboard.metrics_hours as hourly on hourly.tenant_id = tenant and hourly.day = from_day + number
  group by number
  returning collected.day, collected.dialogues::bigint;
end
$$;
grant execute on function dashboard.collect_days(uuid, date, date) to dashboard_worker;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
