-- The parts of the overview by what dialogues name: services, staff, channels; and what revenue leaves out.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: the names of staff, by the newest wish that tells one.
create function dashboard.staff_names(tenant uuid, keys text[])
returns table (staff_id text, staff_name text)
language sql stable
set search_path = ''
as $$
  select distinct on (wish.key) wish.key, wish.name
  from (
    select
      dashboard.json_label(item.meta -> 'staff_id') as key,
      dashboard.json_label(item.meta -> 'staff_name') as name,
      item.created_at,
      item.id
    from public.wishlist_v2 as item
    where item.tenant_id = tenant
  ) as wish
  where wish.key = any(keys) and wish.name is not null
  order by wish.key, wish.created_at desc, wish.id desc
$$;

-- Inside: {"services": …, "staff": …, "channels": …, "money": {"other_currencies": …, "more_currencies": n}}, the
-- breakdowns as {"rows": the ten with the most bookings, "others": how many more there are, "without": dialogues that
-- name none}.
-- Spellings that differ in capitals only are one service, by the one that was used most.
-- Anything of three letters may have been written as a currency, so there may be thousands.
create function dashboard.overview_slices(reading dashboard.metrics_reading)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  slices jsonb;
begin
  with spelled as (
    select
      daily.dimension, daily.key,
      sum(daily.dialogues) as dialogues, sum(daily.bookings) as bookings, sum(daily.revenue) as revenue
    from dashboard.slices_of(reading) as daily
    group by daily.dimension, daily.key
    having sum(daily.dialogues) > 0
  ),
  named as (
    select
      spelled.dimension,
      (array_agg(spelled.key order by spelled.dialogues desc, spelled.key collate "C"))[1] as key,
      sum(spelled.dialogues) as dialogues, sum(spelled.bookings) as bookings, sum(spelled.revenue) as revenue
    from spelled
    group by spelled.dimension, case spelled.dimension when 'service' then lower(spelled.key) else spelled.key end
  ),
  placed as materialized (
    select
      named.*,
      row_number() over (
        partition by named.dimension, named.key = ''
        order by named.bookings desc, named.dialogues desc, named.key collate "C"
      ) as place
    from named
  ),
  people as (
    select found.staff_id, found.staff_name
    from dashboard.staff_names(
      reading.tenant_id,
      array(select placed.key from placed where placed.dimension = 'staff' and placed.place <= 10 and placed.key <> '')
    ) as found
  ),
  broken_down as (
    select
      dimension.name as dimension,
      jsonb_build_object(
        'rows', coalesce(
          jsonb_agg(
            jsonb_build_object(
              'key', placed.key, 'name', case when dimension.name = 'staff' then people.staff_name else placed.key end,
              'dialogues', placed.dialogues, 'bookings', placed.bookings, 'revenue', placed.revenue
            )
            order by placed.place
          ) filter (where placed.key <> '' and placed.place <= 10),
          '[]'
        ),
        'others', count(*) filter (where placed.key <> '' and placed.place > 10),
        'without', coalesce(sum(placed.dialogues) filter (where placed.key = ''), 0)
      ) as content
    from (values ('service'), ('staff'), ('channel')) as dimension (name)
    left join placed on placed.dimension = dimension.name
    left join people on dimension.name = 'staff' and people.staff_id = placed.key
    group by dimension.name
  ),
  others as (
    select placed.key, placed.revenue, placed.bookings,
      row_number() over (order by placed.bookings desc, placed.key collate "C") as place
    from placed
    where placed.dimension = 'currency' and placed.key not in ('', reading.currency) and placed.bookings > 0
  )
  select jsonb_build_object(
    'services', (select content from broken_down where dimension = 'service'),
    'staff', (select content from broken_down where dimension = 'staff'),
    'channels', (select content from broken_down where dimension = 'channel'),
    'money', (
      select jsonb_build_object(
        'other_currencies',
        coalesce(jsonb_object_agg(others.key, others.revenue) filter (where others.place <= 8), '{}'),
        'more_currencies', coalesce(sum(others.bookings) filter (where others.place > 8), 0)
      )
      from others
    )
  )
  into slices;
  return slices;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
