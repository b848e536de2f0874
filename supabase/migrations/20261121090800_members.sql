-- The people of a salon: who they are, and who may change what about them.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Reading -------------------------------------------------------------------------------------------------------------

-- When a member was last seen, told to a salon only for a person who is not at work in another one: somebody who merely
-- adds an address to their salon must not learn when its owner works elsewhere.
create function dashboard.member_last_seen(user_id uuid)
returns timestamptz
language plpgsql stable security definer
set search_path = ''
as $$
declare
  tenant uuid := dashboard.current_tenant();
begin
  if not dashboard.allowed('users.read') then
    return null;
  end if;
  return (
    select max(session.last_seen_at)
    from dashboard.memberships as membership
    inner join dashboard.users on users.user_id = membership.user_id
    inner join dashboard.auth_sessions as session on session.user_id = membership.user_id
    where membership.user_id = member_last_seen.user_id
      and membership.tenant_id = tenant
      and coalesce(users.last_tenant_id, dashboard.only_tenant(users.user_id)) = tenant
  );
end
$$;
grant execute on function dashboard.member_last_seen(uuid) to authenticated;

-- `created_at` is when the person joined this salon; when the account was made may tell of another one.
create view dashboard.tenant_users with (security_invoker = true, security_barrier = true) as
select
  users.user_id,
  users.email,
  coalesce(membership.known_as, users.full_name) as full_name,
  membership.role,
  users.is_active,
  dashboard.member_last_seen(users.user_id) as last_seen_at,
  membership.created_at
from dashboard.memberships as membership
inner join dashboard.users on users.user_id = membership.user_id
where membership.tenant_id = (select dashboard.current_tenant()) and (select dashboard.allowed('users.read'));
grant select on dashboard.tenant_users to authenticated;

-- Inside: rules -------------------------------------------------------------------------------------------------------

-- The answer of the writes: a row of tenant_users, or of the person outside of a salon for a platform admin.
create function dashboard.member_row(user_id uuid, tenant_id uuid)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'user_id', users.user_id,
    'email', users.email,
    'full_name', coalesce(membership.known_as, users.full_name),
    'role', membership.role,
    'is_active', users.is_active,
    'last_seen_at', dashboard.member_last_seen(users.user_id),
    'created_at', coalesce(membership.created_at, users.created_at)
  )
  from dashboard.users
  left join dashboard.memberships as membership
    on membership.user_id = users.user_id and membership.tenant_id is not distinct from member_row.tenant_id
  where users.user_id = member_row.user_id
$$;

-- The start of every change of people: one after another, allowed after the wait too, and once.
create function dashboard.begin_people_write(request_id uuid, function_name text, arguments jsonb)
returns jsonb
language plpgsql volatile
set search_path = ''
as $$
begin
  perform dashboard.require('users.manage');
  perform dashboard.lock_people();
  perform dashboard.require('users.manage');
  return dashboard.begin_write(
    begin_people_write.request_id, begin_people_write.function_name, begin_people_write.arguments
  );
end
$$;

-- The target's membership in the current salon, if the caller may change it. An unknown person and one of another salon
-- get the same answer. A platform admin reaches every account: for one outside of the salon this returns their platform
-- membership, or nulls.
create function dashboard.manageable_member(target uuid)
returns dashboard.memberships
language plpgsql stable
set search_path = ''
as $$
declare
  own_role text := dashboard.current_role_name();
  member dashboard.memberships;
begin
  if target = dashboard.current_user_id() then
    perform dashboard.refuse(
      409, 'own_account', 'Nobody changes their own rights.', 'Ask another owner or administrator to do it.'
    );
  end if;

  select membership.* into member
  from dashboard.memberships as membership
  where membership.user_id = manageable_member.target
    and (
      membership.tenant_id = dashboard.current_tenant()
      or (membership.tenant_id is null and own_role = 'platform_admin')
    )
  order by membership.tenant_id nulls last
  limit 1;
  if not found and not (
    own_role = 'platform_admin' and exists (select from dashboard.users where users.user_id = manageable_member.target)
  ) then
    perform dashboard.refuse(
      404, 'person_not_found', 'There is no such person in this salon.', 'Look at the list again: it may have changed.'
    );
  end if;

  if dashboard.role_rank(own_role) < (
    select max(dashboard.role_rank(membership.role))
    from dashboard.memberships as membership
    where membership.user_id = manageable_member.target
      and (membership.tenant_id = dashboard.current_tenant() or membership.tenant_id is null)
  ) then
    perform dashboard.refuse(
      403, 'role_above_own', 'This person has a higher role than you.', 'Ask somebody whose role is at least as high.'
    );
  end if;
  return member;
end
$$;

-- Refuses when, without this person, the salon has no active owner (or, without a salon, the platform no active admin).
create function dashboard.keep_somebody_in_charge(tenant_id uuid, leaving uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  role_in_charge text := case when tenant_id is null then 'platform_admin' else 'owner' end;
begin
  if exists (select from dashboard.users where users.user_id = leaving and users.is_active) and not exists (
    select
    from dashboard.memberships as membership
    inner join dashboard.users on users.user_id = membership.user_id
    where membership.tenant_id is not distinct from keep_somebody_in_charge.tenant_id
      and membership.role = role_in_charge
      and membership.user_id <> leaving
      and users.is_active
  ) then
    perform dashboard.refuse(
      409, 'last_' || role_in_charge, 'This is the last active person in charge.', 'Give somebody else that role first.'
    );
  end if;
end
$$;

create function dashboard.checked_role(role text, own_role text)
returns text
language plpgsql immutable
set search_path = ''
as $$
begin
  if dashboard.role_rank(checked_role.role) = 0 then
    perform dashboard.refuse(422, 'role_unknown', 'There is no such role.', 'Choose owner, admin or operator.');
  end if;
  if dashboard.role_rank(checked_role.role) > dashboard.role_rank(own_role) then
    perform dashboard.refuse(
      403, 'role_above_own', 'Nobody gives a role above their own.', 'Ask somebody whose role is at least as high.'
    );
  end if;
  return checked_role.role;
end
$$;

-- A reset link that was issued while the account held less must not open what it holds now.
create function dashboard.withdraw_resets(user_id uuid)
returns void
language sql volatile
set search_path = ''
as $$
  delete from dashboard.password_resets as reset where reset.user_id = withdraw_resets.user_id and reset.used_at is null
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
