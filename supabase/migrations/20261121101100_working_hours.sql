-- The salon's working hours: what the bot booked outside of them, nobody would have answered.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Closing before opening is a salon that works past midnight; both the same, one that never closes.
alter table dashboard.tenant_settings
add column opens_at time not null default '10:00' check (opens_at < '24:00' and extract(second from opens_at) = 0),
add column closes_at time not null default '20:00' check (closes_at < '24:00' and extract(second from closes_at) = 0);

-- Whether the salon is closed at this local time, and whether somebody who came at this moment found it so. (One
-- expression each, and without `set search_path`: so they become a part of the query that calls them. Those callers set
-- the path.)
create function dashboard.is_closed(local_time time, opens time, closes time)
returns boolean
language sql immutable
as $$
  select case
    when opens < closes then local_time < opens or local_time >= closes
    else local_time < opens and local_time >= closes
  end
$$;

create function dashboard.is_outside_hours(started_at timestamptz, zone text, opens time, closes time)
returns boolean
language sql stable
as $$
  select dashboard.is_closed((started_at at time zone zone)::time, opens, closes)
$$;

-- As before, with the hours.
create or replace view dashboard.tenant_profiles as
select
  tenant.id as tenant_id,
  coalesce(
    substring(
      regexp_replace(
        left(tenant.name, 200),
        '[\u0001-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]', '', 'g'
      ) from '^.*[^\s\u00a0\u00ad\u200c\u200d].*$'
    ),
    substring(
      regexp_replace(
        left(tenant.slug, 200),
        '[\u0001-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]', '', 'g'
      ) from '^.*[^\s\u00a0\u00ad\u200c\u200d].*$'
    ),
    tenant.id::text
  ) as name,
  left(tenant.slug, 200) as slug,
  tenant.is_active,
  coalesce(settings.time_zone, bot_zone.name, 'UTC') as time_zone,
  coalesce(settings.currency, substring(tenant.metadata ->> 'currency' from '^[A-Z]{3}$'), 'RUB') as currency,
  coalesce(settings.opens_at, '10:00') as opens_at,
  coalesce(settings.closes_at, '20:00') as closes_at
from public.tenants_v2 as tenant
left join dashboard.tenant_settings as settings on settings.tenant_id = tenant.id
left join dashboard.time_zones as bot_zone on bot_zone.name = tenant.metadata ->> 'timezone';

create or replace view dashboard.my_tenants with (security_barrier = true) as
select
  profile.tenant_id,
  profile.name,
  profile.slug,
  case when (select dashboard.allowed('platform.manage')) then 'platform_admin' else membership.role end as role,
  profile.time_zone,
  profile.currency,
  coalesce(profile.is_active, true) as is_active,
  profile.opens_at,
  profile.closes_at
from dashboard.tenant_profiles as profile
left join dashboard.memberships as membership
  on membership.tenant_id = profile.tenant_id and membership.user_id = (select dashboard.current_user_id())
where membership.membership_id is not null or (select dashboard.allowed('platform.manage'));

-- Hours that are left out stay as they are.
drop function dashboard.save_tenant_settings(uuid, text, text);
create function dashboard.save_tenant_settings(
  request_id uuid, time_zone text, currency text, opens_at time default null, closes_at time default null
)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid := dashboard.require_tenant();
  replay jsonb;
  saved dashboard.tenant_settings;
begin
  perform dashboard.require('tenant.configure');
  replay := dashboard.begin_write(
    save_tenant_settings.request_id, 'save_tenant_settings',
    jsonb_strip_nulls(jsonb_build_object(
      'time_zone', save_tenant_settings.time_zone, 'currency', save_tenant_settings.currency,
      'opens_at', save_tenant_settings.opens_at, 'closes_at', save_tenant_settings.closes_at
    ))
  );
  if replay is not null then
    return replay;
  end if;

  if not exists (select from dashboard.time_zones as zone where zone.name = save_tenant_settings.time_zone) then
    perform dashboard.refuse(
      422, 'time_zone_unknown', 'There is no such time zone.', 'Choose a name such as Europe/Moscow or UTC.'
    );
  end if;
  if coalesce(save_tenant_settings.currency, '') !~ '^[A-Z]{3}$' then
    perform dashboard.refuse(
      422, 'currency_invalid', 'A currency is three capital letters.', 'Use the ISO 4217 code, such as RUB or EUR.'
    );
  end if;
  if exists (
    select
    from (values (save_tenant_settings.opens_at), (save_tenant_settings.closes_at)) as moment (at)
    where moment.at >= '24:00' or extract(second from moment.at) <> 0
  ) then
    perform dashboard.refuse(
      422, 'working_hours_invalid', 'Working hours are times of the day in hours and minutes.',
      'Enter times such as 09:30; midnight is 00:00.'
    );
  end if;

  insert into dashboard.tenant_settings as settings (tenant_id, time_zone, currency, opens_at, closes_at, updated_by)
  values (
    tenant, save_tenant_settings.time_zone, save_tenant_settings.currency,
    coalesce(save_tenant_settings.opens_at, '10:00'), coalesce(save_tenant_settings.closes_at, '20:00'),
    dashboard.current_user_id()
  )
  on conflict on constraint tenant_settings_pkey do update
  set time_zone = excluded.time_zone,
      currency = excluded.currency,
      opens_at = coalesce(save_tenant_settings.opens_at, settings.opens_at),
      closes_at = coalesce(save_tenant_settings.closes_at, settings.closes_at),
      updated_at = now(),
      updated_by = excluded.updated_by
  returning settings.* into saved;

  return dashboard.finish_write(
    save_tenant_settings.request_id, tenant, 'tenant.configured', tenant::text,
    jsonb_build_object(
      'time_zone', saved.time_zone, 'currency', saved.currency,
      'opens_at', to_char(saved.opens_at, 'HH24:MI'), 'closes_at', to_char(saved.closes_at, 'HH24:MI')
    ),
    to_jsonb(saved)
  );
end
$$;
grant execute on function dashboard.save_tenant_settings(uuid, text, text, time, time) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
