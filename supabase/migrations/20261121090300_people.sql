-- People, their roles in salons, and who is asking.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Tables --------------------------------------------------------------------------------------------------------------

create table dashboard.users (
  user_id uuid primary key default gen_random_uuid(),
  email text not null check (length(email) between 3 and 254 and email = lower(email)),
  full_name text not null check (length(full_name) between 1 and 200),
  -- bcrypt and nothing else: a password in the clear cannot get in here by mistake; null until the person sets one
  password_hash text check (password_hash ~ '^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$'),
  -- the same person in Supabase Auth, when that is who checks passwords
  auth_user_id uuid unique,
  is_active boolean not null default true,
  locale text check (locale in ('en', 'ru')),
  theme text check (theme in ('light', 'dark', 'system')),
  last_tenant_id uuid,
  password_changed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index users_email_key on dashboard.users (lower(email));

create table dashboard.memberships (
  membership_id uuid primary key default gen_random_uuid(),
  user_id uuid not null references dashboard.users (user_id) on delete cascade,
  -- a row of public.tenants_v2; no foreign key, as that table is the bot's and a key would put triggers on it
  tenant_id uuid,
  role text not null check (role in ('platform_admin', 'owner', 'admin', 'operator')),
  -- the name that this salon knows the person by: adding an e-mail address must not reveal the name another salon gave
  known_as text check (length(known_as) between 1 and 200),
  created_at timestamptz not null default now(),
  created_by uuid references dashboard.users (user_id) on delete set null,
  constraint memberships_platform_check check ((role = 'platform_admin') = (tenant_id is null)),
  constraint memberships_person_key unique nulls not distinct (user_id, tenant_id)
);
create index memberships_tenant_id on dashboard.memberships (tenant_id, role);
create index memberships_created_by on dashboard.memberships (created_by);

-- The one permission table of the database; models.PERMISSIONS is its twin, and a test keeps them equal.
create table dashboard.role_permissions (
  role text not null,
  permission text not null,
  primary key (role, permission)
);

insert into dashboard.role_permissions (role, permission)
select grants.role, permission
from (
  values
  ('platform_admin', array[
    'overview.read', 'dialogues.read', 'clients.read', 'wishlist.read', 'wishlist.manage', 'runs.read', 'runs.control',
    'users.read', 'users.manage', 'tenant.configure', 'audit.read', 'jobs.read', 'jobs.run', 'platform.manage'
  ]),
  ('owner', array[
    'overview.read', 'dialogues.read', 'clients.read', 'wishlist.read', 'wishlist.manage', 'runs.read', 'runs.control',
    'users.read', 'users.manage', 'tenant.configure', 'audit.read', 'jobs.read', 'jobs.run'
  ]),
  ('admin', array[
    'overview.read', 'dialogues.read', 'clients.read', 'wishlist.read', 'wishlist.manage', 'runs.read',
    'users.read', 'users.manage', 'tenant.configure', 'audit.read', 'jobs.read', 'jobs.run'
  ]),
  ('operator', array['overview.read', 'dialogues.read', 'runs.read', 'runs.control', 'jobs.read'])
) as grants (role, permissions)
cross join unnest(grants.permissions) as permission;

create function dashboard.role_rank(role text)
returns integer
language sql immutable
as $$
  select case role when 'platform_admin' then 4 when 'owner' then 3 when 'admin' then 2 when 'operator' then 1 else 0 end
$$;

-- Who is asking -------------------------------------------------------------------------------------------------------

-- Claims are read from `app_metadata` only: of all the parts of a Supabase token it is the one its bearer cannot edit.
create function dashboard.claim(name text)
returns text
language sql stable
as $$
  select nullif(current_setting('request.jwt.claims', true), '')::jsonb -> 'app_metadata' ->> name
$$;

-- The person that the token names, if active. A project may also issue tokens of its own with the role `authenticated`
-- to anybody who signs up there: those carry no app_metadata.user_id that equals their `sub`, and are nobody here.
-- (All four are PL/pgSQL, which keeps its plans for the connection: a function in SQL is planned anew in every query,
-- and these are in all of them.)
create function dashboard.current_user_id()
returns uuid
language plpgsql stable security definer
set search_path = ''
as $$
declare
  claims jsonb := nullif(current_setting('request.jwt.claims', true), '');
  claimed text := claims -> 'app_metadata' ->> 'user_id';
begin
  if claims ->> 'role' is distinct from 'authenticated' or claims ->> 'sub' is distinct from claimed then
    return null;
  end if;
  return (
    select users.user_id
    from dashboard.users
    where users.user_id = dashboard.uuid_or_null(claimed) and users.is_active
  );
end
$$;
grant execute on function dashboard.current_user_id() to authenticated;

-- The tenant that the token names, if the person belongs to it now: a claim is a wish, the membership is the right.
-- So a revoked membership or account ends access at once, however long the token lives, and a forged claim gives
-- null, which equals no tenant_id. Always write `tenant_id = (select dashboard.current_tenant())`: in a sub-select it
-- is evaluated once for a query instead of once for a row.
create function dashboard.current_tenant()
returns uuid
language plpgsql stable security definer
set search_path = ''
as $$
declare
  person uuid := dashboard.current_user_id();
  claimed uuid := dashboard.uuid_or_null(dashboard.claim('tenant_id'));
begin
  if person is null or claimed is null then
    return null;
  end if;
  if exists (
    select
    from dashboard.memberships as membership
    where membership.user_id = person
      and (
        membership.tenant_id = claimed
        or (membership.tenant_id is null and exists (select from public.tenants_v2 as tenant where tenant.id = claimed))
      )
  ) then
    return claimed;
  end if;
  return null;
end
$$;
grant execute on function dashboard.current_tenant() to authenticated;

-- The role in the current tenant; a platform admin is one everywhere, even before choosing a tenant. The `app_role`
-- claim is for the pages to draw by and decides nothing here.
create function dashboard.current_role_name()
returns text
language plpgsql stable security definer
set search_path = ''
as $$
declare
  person uuid := dashboard.current_user_id();
  tenant uuid := dashboard.current_tenant();
begin
  return (
    select membership.role
    from dashboard.memberships as membership
    where membership.user_id = person and (membership.tenant_id is null or membership.tenant_id = tenant)
    order by dashboard.role_rank(membership.role) desc
    limit 1
  );
end
$$;
grant execute on function dashboard.current_role_name() to authenticated;

create function dashboard.allowed(permission text)
returns boolean
language plpgsql stable security definer
set search_path = ''
as $$
declare
  own_role text := dashboard.current_role_name();
begin
  return exists (
    select
    from dashboard.role_permissions as granted
    where granted.role = own_role and granted.permission = allowed.permission
  );
end
$$;
grant execute on function dashboard.allowed(text) to authenticated;

-- The first lines of every function for people: may they, and in which salon?
create function dashboard.require(permission text)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if not dashboard.allowed(permission) then
    perform dashboard.refuse(
      403, 'not_allowed', 'Your role does not allow this here.', 'Ask an owner of the salon for the role that does.'
    );
  end if;
end
$$;

create function dashboard.require_tenant()
returns uuid
language plpgsql stable
set search_path = ''
as $$
declare
  tenant uuid := dashboard.current_tenant();
begin
  if tenant is null then
    perform dashboard.refuse(422, 'tenant_missing', 'No salon is chosen.', 'Choose a salon first.');
  end if;
  return tenant;
end
$$;

-- Policies and grants -------------------------------------------------------------------------------------------------

-- Two locks on a read of our own tables. Views over them are `security_invoker`: they run with the rights of the asking
-- role, so these policies hold whatever a view forgets; each view filters by tenant as well. Only harmless columns are
-- granted: no password hash, nothing that tells of another salon. Writes are granted to nobody: functions do them.
-- (Views over the bot's tables cannot work so. The asking role holds nothing there, so they run as their owner, behind
-- a security barrier, and their filter is the lock.)
alter table dashboard.users enable row level security;
alter table dashboard.memberships enable row level security;
alter table dashboard.role_permissions enable row level security; -- no policy, no grant: for our own functions only

create policy members_of_the_tenant on dashboard.memberships
for select to authenticated
using (tenant_id = (select dashboard.current_tenant()) and (select dashboard.allowed('users.read')));

create policy people_of_the_tenant on dashboard.users
for select to authenticated
using (
  exists (
    select
    from dashboard.memberships as membership
    where membership.user_id = users.user_id and membership.tenant_id = (select dashboard.current_tenant())
  )
  and (select dashboard.allowed('users.read'))
);

grant select (user_id, tenant_id, role, known_as, created_at) on dashboard.memberships to authenticated;
grant select (user_id, email, full_name, is_active) on dashboard.users to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
