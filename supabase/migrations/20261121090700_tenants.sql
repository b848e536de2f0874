-- Salons as their people see them: name, time zone, currency, the role in them. And a person's own preferences.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Settings ------------------------------------------------------------------------------------------------------------

create table dashboard.tenant_settings (
  tenant_id uuid primary key,
  time_zone text not null references dashboard.time_zones (name),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  updated_at timestamptz not null default now(),
  updated_by uuid references dashboard.users (user_id) on delete set null
);
create index tenant_settings_time_zone on dashboard.tenant_settings (time_zone);
create index tenant_settings_updated_by on dashboard.tenant_settings (updated_by);
alter table dashboard.tenant_settings enable row level security; -- no policy, no grant: read through my_tenants

-- Profile -------------------------------------------------------------------------------------------------------------

-- Inside only. Of `metadata` nothing but these two keys may ever be named here: the rest holds the bot's tokens. It may
-- be any JSON; `->>` gives null on what is no object, and a value that makes no sense counts as none.
-- Names stand in sentences, in titles and on buttons: they come without what turns the text around them or hides in it
-- (see has_control_characters), and one without a visible letter gives way to the slug, and that to the id.
create view dashboard.tenant_profiles as
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
  coalesce(settings.currency, substring(tenant.metadata ->> 'currency' from '^[A-Z]{3}$'), 'RUB') as currency
from public.tenants_v2 as tenant
left join dashboard.tenant_settings as settings on settings.tenant_id = tenant.id
left join dashboard.time_zones as bot_zone on bot_zone.name = tenant.metadata ->> 'timezone';

-- All salons that the person may enter, whichever one the token names.
create view dashboard.my_tenants with (security_barrier = true) as
select
  profile.tenant_id,
  profile.name,
  profile.slug,
  case when (select dashboard.allowed('platform.manage')) then 'platform_admin' else membership.role end as role,
  profile.time_zone,
  profile.currency,
  coalesce(profile.is_active, true) as is_active
from dashboard.tenant_profiles as profile
left join dashboard.memberships as membership
  on membership.tenant_id = profile.tenant_id and membership.user_id = (select dashboard.current_user_id())
where membership.membership_id is not null or (select dashboard.allowed('platform.manage'));
grant select on dashboard.my_tenants to authenticated;

create function dashboard.save_tenant_settings(request_id uuid, time_zone text, currency text)
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
    jsonb_build_object('time_zone', save_tenant_settings.time_zone, 'currency', save_tenant_settings.currency)
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

  insert into dashboard.tenant_settings as settings (tenant_id, time_zone, currency, updated_by)
  values (tenant, save_tenant_settings.time_zone, save_tenant_settings.currency, dashboard.current_user_id())
  on conflict on constraint tenant_settings_pkey do update
  set time_zone = excluded.time_zone,
      currency = excluded.currency,
      updated_at = now(),
      updated_by = excluded.updated_by
  returning settings.* into saved;

  return dashboard.finish_write(
    save_tenant_settings.request_id, tenant, 'tenant.configured', tenant::text,
    jsonb_build_object('time_zone', saved.time_zone, 'currency', saved.currency), to_jsonb(saved)
  );
end
$$;
grant execute on function dashboard.save_tenant_settings(uuid, text, text) to authenticated;

-- Preferences ---------------------------------------------------------------------------------------------------------

-- What is left out stays as it is.
create function dashboard.set_preferences(
  request_id uuid, locale text default null, theme text default null, last_tenant_id uuid default null
)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  replay jsonb;
  changes jsonb := jsonb_strip_nulls(jsonb_build_object(
    'locale', set_preferences.locale, 'theme', set_preferences.theme, 'last_tenant_id', set_preferences.last_tenant_id
  ));
  saved dashboard.users;
begin
  replay := dashboard.begin_write(set_preferences.request_id, 'set_preferences', changes);
  if replay is not null then
    return replay;
  end if;

  if set_preferences.locale not in ('en', 'ru') then
    perform dashboard.refuse(422, 'locale_unknown', 'There is no such language.', 'Choose en or ru.');
  end if;
  if set_preferences.theme not in ('light', 'dark', 'system') then
    perform dashboard.refuse(422, 'theme_unknown', 'There is no such theme.', 'Choose light, dark or system.');
  end if;
  if set_preferences.last_tenant_id is not null and not exists (
    select from dashboard.my_tenants as mine where mine.tenant_id = set_preferences.last_tenant_id
  ) then
    perform dashboard.refuse(404, 'tenant_not_found', 'There is no such salon among yours.', 'Choose one of your salons.');
  end if;

  update dashboard.users
  set locale = coalesce(set_preferences.locale, users.locale),
      theme = coalesce(set_preferences.theme, users.theme),
      last_tenant_id = coalesce(set_preferences.last_tenant_id, users.last_tenant_id),
      updated_at = now()
  where users.user_id = dashboard.current_user_id()
  returning users.* into saved;

  -- on record for the platform only: which salons a person goes between is no business of any of them
  return dashboard.finish_write(
    set_preferences.request_id, null, 'preferences.changed', saved.user_id::text, changes,
    to_jsonb(saved) - 'password_hash' - 'auth_user_id'
  );
end
$$;
grant execute on function dashboard.set_preferences(uuid, text, text, uuid) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
