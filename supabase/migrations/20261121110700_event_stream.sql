-- Following a salon's events from a place on: in the order in which they were committed, without loss or repeats.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- A place in the stream, `<position>` or `<position>:<seq>`: after a whole stretch, or after its event of that number.
-- `whole` is the last position of which nothing is missing. Refuses what is no place.
create function dashboard.checked_stream_place(place text, out whole bigint, out seq integer)
language plpgsql immutable
set search_path = ''
as $$
begin
  if place !~ '^[0-9]{1,18}(:[0-9]{1,9})?$' then
    perform dashboard.refuse(422, 'cursor_invalid', 'This place in the stream is not of our form.', 'Start anew.');
  end if;
  seq := nullif(split_part(place, ':', 2), '')::integer;
  whole := split_part(place, ':', 1)::bigint - (seq is not null)::integer;
end
$$;

-- What came after a place of the salon's stream: about `at_most` events, and at least one stretch. `cursor` is where to
-- read on; without a place, it is the end. Each event has the cursor after itself. `lost`: what came after the place
-- is not all kept any more, or never was (as after a restored backup). `sees_contacts`: whether they are told
-- with clients' contacts, for whoever passes them on.
create function dashboard.events_after(after text default null, at_most integer default 1000)
returns json
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  tenant uuid := dashboard.events_reader();
  sees boolean := dashboard.sees_contacts();
  most integer := least(greatest(coalesce(at_most, 1000), 1), 5000);
  place record := dashboard.checked_stream_place(after);
  newest bigint := coalesce(
    (select stream.last_position from dashboard.event_streams as stream where stream.tenant_id = tenant), 0
  );
  first_kept bigint;
  up_to bigint;
  told json;
begin
  if after is null or place.whole = newest then
    return json_build_object(
      'cursor', newest::text, 'events', '[]'::json, 'more', false, 'lost', false, 'sees_contacts', sees
    );
  end if;
  first_kept := coalesce(
    (select min(batch.position) from dashboard.event_batches as batch where batch.tenant_id = tenant), newest + 1
  );
  if place.whole > newest or place.whole < first_kept - 1 then
    return json_build_object(
      'cursor', newest::text, 'events', '[]'::json, 'more', false, 'lost', true, 'sees_contacts', sees
    );
  end if;

  select max(counted.position) into up_to
  from (
    select
      batch.position,
      sum(batch.last_seq - batch.first_seq + 1) over (order by batch.position) as events,
      row_number() over (order by batch.position) as place
    from (
      select known.*
      from dashboard.event_batches as known
      where known.tenant_id = tenant and known.position > place.whole
      order by known.position
      limit most
    ) as batch
  ) as counted
  where counted.events <= most or counted.place = 1;

  select
    json_agg(
      json_build_object(
        'cursor', format('%s:%s', batch.position, event.seq), 'event', json_strip_nulls(row_to_json(told_of))
      )
      order by batch.position, event.seq
    ) into told
  from dashboard.event_batches as batch
  inner join dashboard.events as event
    on event.run_day = batch.run_day and event.run_id = batch.run_id
    and event.seq between batch.first_seq and batch.last_seq
  cross join lateral dashboard.told_columns(event, sees) as told_of
  where
    batch.tenant_id = tenant and batch.position > place.whole and batch.position <= up_to
    and (place.seq is null or batch.position > place.whole + 1 or event.seq > place.seq);
  return json_build_object(
    'cursor', up_to::text, 'events', coalesce(told, '[]'), 'more', up_to < newest, 'lost', false, 'sees_contacts', sees
  );
end
$$;
grant execute on function dashboard.events_after(text, integer) to authenticated, dashboard_ingest;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
