-- The overview as the page reads it: everything of one period, at one moment.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: dialogues that go on and in which something happened in the last 30 minutes.
create function dashboard.count_active_now(reading dashboard.metrics_reading)
returns bigint
language sql stable
set search_path = ''
as $$
  select count(*)
  from public.active_sessions_v2 as active
  where active.tenant_id = reading.tenant_id
    and dashboard.on_calendar(active.last_activity_at) >= now() - interval '30 minutes'
    and case
      when active.session_id = any(reading.removed) then exists (
        select from unnest(reading.fresh) as fresh where fresh.session_id = active.session_id and fresh.is_active
      )
      else exists (
        select
        from dashboard.dialogue_index as known
        where known.tenant_id = reading.tenant_id and known.session_id = active.session_id and known.is_active
      )
    end
$$;

-- {"time_zone", "currency", "has_dialogues",
--  "kpis": {metric: {"current", "previous", "spark": [a value for each point], "detail"}},
--  "points": [{"at": "2026-01-31", or "2026-01-31T13:00" for a period of one day, "dialogues", "bookings", "revenue"}],
--  "funnel": {"stages": [{"stage", "count", "previous"}], "visited_known", "unrecognised_status",
--             "unrecognised_drop_off"},
--  "services", "staff", "channels":
--    {"rows": [{"key", "name", "dialogues", "bookings", "revenue"}], "others", "without"},
--  "heat": [[24 numbers] for Monday to Sunday],
--  "saved": {"replies", "seconds_per_reply", "hours", "outside_bookings", "opens_at", "closes_at", "stayed",
--            "stayed_of"}}
--
-- Details of the cards that are about bookings and money, for the period:
--   cancelled                dialogues whose booking was cancelled
--   other_currencies         {currency: sum} of bookings in other currencies than the salon's, the eight with the most
--   more_currencies          bookings in further ones
--   without_amount           bookings without a usable amount
--   without_currency         bookings with an amount and no ISO currency; amount_without_currency is their sum
--   unrecognised_status      dialogues that ended with a status that nobody here knows
--   bookings                 (average_ticket) those that it is the average of
--   dialogues                (first_reply_ms) those in which the bot replied
create function dashboard.overview(from_day date, to_day date)
returns jsonb
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  seconds_per_reply constant integer := 60;
  tenant uuid := dashboard.checked_period(from_day, to_day);
  reading dashboard.metrics_reading := dashboard.begin_reading(tenant, from_day, to_day, true);
  slices jsonb := dashboard.overview_slices(reading);
  sums jsonb := dashboard.overview_sums(reading, slices -> 'money');
  found jsonb := dashboard.overview_dialogues(reading);
  reached jsonb := (sums -> 'stages' -> 'current') || (found -> 'visited' -> 0);
  reached_before jsonb := (sums -> 'stages' -> 'previous') || (found -> 'visited' -> 1);
begin
  return jsonb_build_object(
    'time_zone', reading.time_zone,
    'currency', reading.currency,
    'has_dialogues', exists (
      select from public.conversation_sessions_v2 as archived where archived.tenant_id = tenant
    ) or exists (select from public.active_sessions_v2 as active where active.tenant_id = tenant),
    'kpis', (sums -> 'kpis') || (found -> 'kpis') || jsonb_build_object(
      'active_now', dashboard.figure(dashboard.count_active_now(reading), null, null, null)
    ),
    'points', sums -> 'points',
    'funnel', jsonb_build_object(
      'stages', (
        select jsonb_agg(
          jsonb_build_object(
            'stage', stage.name, 'count', reached -> (stage.place::integer - 1),
            'previous', reached_before -> (stage.place::integer - 1)
          )
          order by stage.place
        )
        from unnest(array['dialogue', 'intent', 'service', 'slot', 'booked', 'visited'])
          with ordinality as stage (name, place)
      ),
      'visited_known', found -> 'visited_known',
      'unrecognised_status', sums -> 'unrecognised_status',
      'unrecognised_drop_off', sums -> 'unrecognised_drop_off'
    ),
    'services', slices -> 'services',
    'staff', slices -> 'staff',
    'channels', slices -> 'channels',
    'heat', sums -> 'heat',
    'saved', jsonb_build_object(
      'replies', sums -> 'replies',
      'seconds_per_reply', seconds_per_reply,
      'hours', round((sums ->> 'replies')::numeric * seconds_per_reply / 3600, 2),
      'outside_bookings', found -> 'outside_bookings',
      'opens_at', to_char(reading.opens_at, 'HH24:MI'),
      'closes_at', to_char(reading.closes_at, 'HH24:MI'),
      'stayed', found -> 'stayed',
      'stayed_of', found -> 'stayed_of'
    )
  );
end
$$;
grant execute on function dashboard.overview(date, date) to authenticated;

-- All salons whose overview the person may read, each by its own calendar and in its own currency.
create function dashboard.salons_overview(from_day date, to_day date)
returns table (
  tenant_id uuid, name text, time_zone text, currency text, dialogues bigint, bookings bigint, conversion numeric,
  revenue numeric, previous_dialogues bigint, previous_bookings bigint, previous_conversion numeric,
  previous_revenue numeric
)
language plpgsql stable security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  person uuid := dashboard.current_user_id();
begin
  if person is null then
    perform dashboard.refuse(403, 'not_allowed', 'This token names no active person.', 'Sign in again.');
  end if;
  perform dashboard.check_period(from_day, to_day);
  return query
  select
    profile.tenant_id, profile.name, profile.time_zone, profile.currency,
    figures.dialogues, figures.bookings, round(figures.bookings::numeric / nullif(figures.dialogues, 0), 6),
    figures.revenue,
    figures.previous_dialogues, figures.previous_bookings,
    round(figures.previous_bookings::numeric / nullif(figures.previous_dialogues, 0), 6), figures.previous_revenue
  from dashboard.tenant_profiles as profile
  cross join lateral dashboard.begin_reading(profile.tenant_id, from_day, to_day, false) as reading
  cross join lateral (
    select
      coalesce(sum(hourly.dialogues) filter (where hourly.day >= from_day), 0)::bigint as dialogues,
      coalesce(sum(hourly.bookings) filter (where hourly.day >= from_day), 0)::bigint as bookings,
      coalesce(sum(hourly.revenue) filter (where hourly.day >= from_day), 0) as revenue,
      coalesce(sum(hourly.dialogues) filter (where hourly.day < from_day), 0)::bigint as previous_dialogues,
      coalesce(sum(hourly.bookings) filter (where hourly.day < from_day), 0)::bigint as previous_bookings,
      coalesce(sum(hourly.revenue) filter (where hourly.day < from_day), 0) as previous_revenue
    from dashboard.hours_of(reading, reading.previous_day) as hourly
  ) as figures
  where exists (
    select
    from dashboard.memberships as membership
    inner join dashboard.role_permissions as granted on granted.role = membership.role
    where membership.user_id = person and granted.permission = 'overview.read'
      and (membership.tenant_id is null or membership.tenant_id = profile.tenant_id)
  )
  order by lower(profile.name), profile.tenant_id;
end
$$;
grant execute on function dashboard.salons_overview(date, date) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
