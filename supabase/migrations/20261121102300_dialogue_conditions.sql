-- The conditions of the list of dialogues. Each is the one that a figure of the overview counts by, so that a figure
-- opens to as many dialogues as it says.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- On rows `dialogue` whose local day of the start is from `from_day` to `to_day` (null: no end on that side).
--
-- The local date decides, as it does in figures. It is worked out only for rows near the two ends, where an offset of
-- at most 14 hours could make the difference: for 100,000 rows it would take as long as the rest of the query.
create function dashboard.period_condition(from_day date, to_day date, zone text)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  local_day text := format('(dialogue.started_at at time zone %L)::date', zone);
  condition text := 'true';
begin
  if from_day not between '1900-01-01' and '2199-12-31' or to_day not between '1900-01-01' and '2199-12-31'
    or from_day > to_day
  then
    perform dashboard.refuse_filter();
  end if;
  if from_day is not null then
    condition := condition || format(
      ' and dialogue.started_at >= %L and (dialogue.started_at >= %L or %s >= %L)',
      (from_day - 1)::timestamp at time zone 'UTC', (from_day + 1)::timestamp at time zone 'UTC', local_day, from_day
    );
  end if;
  if to_day is not null then
    condition := condition || format(
      ' and dialogue.started_at < %L and (dialogue.started_at < %L or %s <= %L)',
      (to_day + 2)::timestamp at time zone 'UTC', to_day::timestamp at time zone 'UTC', local_day, to_day
    );
  end if;
  return condition;
end
$$;

-- Came at least so far. The sixth stage is the visit: its day is past, and the last visit that the bot knows of is not
-- before it.
create function dashboard.stage_condition(stage integer, tenant uuid, zone text)
returns text
language plpgsql stable
set search_path = ''
as $$
begin
  if stage < 6 then
    return format('dialogue.stage >= %s', stage);
  end if;
  return format(
    'dialogue.booking_status = ''confirmed'' and dialogue.booking_at < %1$L
    and (dialogue.booking_at at time zone %2$L)::date < %3$L
    and exists (
      select
      from public.user_ltm_v2 as memory
      where memory.tenant_id = %4$L and memory.user_id = dialogue.client_id
        and dashboard.iso_day(left(memory.ltm_data ->> ''last_visit_date'', 11))
        >= (dialogue.booking_at at time zone %2$L)::date
    )',
    now(), zone, (now() at time zone zone)::date, tenant
  );
end
$$;

-- Of clients whose first dialogue ever was in the period or after it, or before it. Without a first day, nobody was
-- here before.
create function dashboard.clients_condition(which text, tenant uuid, from_day date, zone text)
returns text
language plpgsql immutable
set search_path = ''
as $$
begin
  if from_day is null then
    return (which = 'new')::text;
  end if;
  return case when which = 'new' then 'not ' else '' end || format(
    'exists (
      select
      from dashboard.dialogue_index as earlier
      where earlier.tenant_id = %L and earlier.client_id = dialogue.client_id and earlier.started_at < %L
        and (earlier.started_at < %L or (earlier.started_at at time zone %L)::date < %L)
    )',
    tenant, (from_day + 1)::timestamp at time zone 'UTC', (from_day - 1)::timestamp at time zone 'UTC', zone, from_day
  );
end
$$;

create function dashboard.tag_condition(value jsonb, tenant uuid)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  of_dialogue text := format(
    'select
    from dashboard.dialogue_tags as label
    where label.tenant_id = %L and label.session_id = dialogue.session_id',
    tenant
  );
begin
  return format('exists (%s and %s)', of_dialogue, dashboard.filter_values(value, 'label.tag'))
    || case when value @> '[null]' then format(' or not exists (%s)', of_dialogue) else '' end;
end
$$;

-- Whether the messages of a dialogue hold what is searched for.
create function dashboard.search_condition(value jsonb, tenant uuid)
returns text
language plpgsql stable
set search_path = ''
as $$
declare
  of_salon tsquery := array_to_tsvector(array['t:' || left(tenant::text, 8)])::text::tsquery;
begin
  return format(
    'dialogue.session_id in (
      select message.session_id
      from dashboard.message_index as message
      where message.tenant_id = %1$L and message.words @@ %2$L::tsquery and message.session_id is not null
    )',
    tenant, of_salon && dashboard.search_query(dashboard.filter_text(value))
  );
end
$$;

-- Rows of dashboard.dialogue_index, named `dialogue`, that are of the salon and all of what is asked for.
create function dashboard.dialogue_condition(tenant uuid, filters jsonb)
returns text
language plpgsql stable
set search_path = ''
as $$
declare
  name text;
  value jsonb;
  condition text;
  conditions text[] := array[format('dialogue.tenant_id = %L', tenant)];
  salon dashboard.tenant_profiles;
  local_start text;
begin
  if jsonb_typeof(filters) is distinct from 'object' then
    perform dashboard.refuse_filter();
  end if;
  select * into strict salon from dashboard.tenant_profiles as profile where profile.tenant_id = tenant;
  local_start := format('(dialogue.started_at at time zone %L)', salon.time_zone);

  for name, value in select * from jsonb_each(filters) loop
    condition := case name
      when 'from_day' then dashboard.period_condition(dashboard.filter_day(value), null, salon.time_zone)
      when 'to_day' then dashboard.period_condition(null, dashboard.filter_day(value), salon.time_zone)
      when 'status' then dashboard.filter_values(value, 'dialogue.status')
      when 'intent' then dashboard.filter_values(value, 'dialogue.intent')
      when 'channel' then dashboard.filter_values(value, 'dialogue.channel')
      when 'sentiment' then dashboard.filter_values(value, 'dialogue.sentiment')
      when 'drop_off' then dashboard.filter_values(value, 'dialogue.drop_off_stage')
      when 'tag' then dashboard.tag_condition(value, tenant)
      -- one service in two spellings is one service, as it is in figures
      when 'service' then format(
        'exists (select from unnest(dialogue.services) as named (service) where lower(named.service) = lower(%L))',
        dashboard.filter_text(value)
      )
      when 'staff' then format('dialogue.staff_id = %L', dashboard.filter_text(value))
      when 'client' then format('dialogue.client_id = %L', dashboard.filter_uuid(value))
      when 'booked' then
        format('(dialogue.booking_status is not distinct from ''confirmed'') = %L', dashboard.filter_boolean(value))
      when 'currency' then format(
        'dialogue.booking_status = ''confirmed'' and dialogue.booking_amount is not null and %L',
        dashboard.filter_choice(value, 'own') is not null
      ) || format(' and dialogue.booking_currency = %L', salon.currency)
      when 'stage' then
        dashboard.stage_condition(dashboard.filter_number(value, 1, 6), tenant, salon.time_zone)
      when 'clients' then dashboard.clients_condition(
        dashboard.filter_choice(value, 'new', 'returning'), tenant, dashboard.filter_day(filters -> 'from_day'),
        salon.time_zone
      )
      when 'outside' then format(
        '(
          dialogue.booking_status = ''confirmed''
          and dashboard.is_outside_hours(dialogue.started_at, %L, %L, %L)
        ) is %s',
        salon.time_zone, salon.opens_at, salon.closes_at,
        case when dashboard.filter_boolean(value) then 'true' else 'not true' end
      )
      -- seven days tell
      when 'stayed' then format(
        'dialogue.started_at <= %L and dialogue.booking_status = %L',
        now() - interval '7 days', case when dashboard.filter_boolean(value) then 'confirmed' else 'cancelled' end
      )
      when 'active' then format('dialogue.is_active = %L', dashboard.filter_boolean(value))
      when 'active_now' then format(
        '(dialogue.is_active and coalesce(dialogue.last_activity_at >= %L, false)) = %L',
        now() - interval '30 minutes', dashboard.filter_boolean(value)
      )
      when 'weekday' then format('extract(isodow from %s) = %s', local_start, dashboard.filter_number(value, 1, 7))
      when 'hour' then format('extract(hour from %s) = %s', local_start, dashboard.filter_number(value, 0, 23))
      when 'q' then dashboard.search_condition(value, tenant)
    end;
    if condition is null then
      perform dashboard.refuse(
        422, 'filter_unknown', 'There is no such filter.', 'Use the names of filters that the list knows.'
      );
    end if;
    conditions := conditions || format('(%s)', condition);
  end loop;
  return array_to_string(conditions, ' and ');
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
