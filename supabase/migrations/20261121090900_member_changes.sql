-- Adding and removing the people of a salon, and changing their roles.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- May the caller take an account that exists into the salon? Returns whether it needs a password, as a new one does.
--
-- Whoever made an account chose its password. An owner could make accounts for the people of other salons and wait for
-- these salons to let them in, so only who manages all of an account, or runs the platform, gives it another salon. An
-- account that belongs nowhere any more is nobody's: it is taken over without what was known of it before.
create function dashboard.adopt_account(person uuid)
returns boolean
language plpgsql volatile
set search_path = ''
as $$
begin
  if not dashboard.manages_whole_account(person) then
    perform dashboard.refuse(
      409, 'account_elsewhere', 'This address has an account that is not yours to manage.',
      'Ask a platform administrator to add it to your salon.'
    );
  end if;
  perform dashboard.withdraw_resets(person);
  if exists (select from dashboard.memberships as membership where membership.user_id = person) then
    return false;
  end if;

  perform dashboard.end_sessions(person, 'account_adopted');
  update dashboard.users
  set password_hash = null, is_active = true, updated_at = now()
  where users.user_id = person;
  return true;
end
$$;

-- Adds a person to the current salon (with role platform_admin: to the platform). An address that has an account
-- already only gets the membership: neither its name nor its password changes, and this salon sees the name that it
-- gave itself. `is_new_account` says whether a link to set a password is needed.
create function dashboard.add_member(request_id uuid, email text, full_name text, role text)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  replay jsonb;
  address text;
  person_name text;
  member_tenant uuid;
  person uuid;
  is_new boolean;
begin
  replay := dashboard.begin_people_write(
    add_member.request_id, 'add_member',
    jsonb_build_object('email', add_member.email, 'full_name', add_member.full_name, 'role', add_member.role)
  );
  if replay is not null then
    return replay;
  end if;

  address := dashboard.checked_email(add_member.email);
  person_name := dashboard.checked_name(add_member.full_name);
  perform dashboard.checked_role(add_member.role, dashboard.current_role_name());
  if add_member.role <> 'platform_admin' then
    member_tenant := dashboard.require_tenant();
  end if;

  insert into dashboard.users (email, full_name) values (address, person_name)
  on conflict ((lower(users.email))) do nothing
  returning users.user_id into person;
  is_new := found;
  if not is_new then
    select users.user_id into strict person from dashboard.users where lower(users.email) = address;
    if exists (
      select
      from dashboard.memberships as membership
      where membership.user_id = person and membership.tenant_id is not distinct from member_tenant
    ) then
      perform dashboard.refuse(
        409, 'already_member', 'This person is here already.', 'Change their role instead.'
      );
    end if;
    is_new := dashboard.adopt_account(person);
  end if;

  insert into dashboard.memberships (user_id, tenant_id, role, known_as, created_by)
  values (person, member_tenant, add_member.role, person_name, dashboard.current_user_id());

  return dashboard.finish_write(
    add_member.request_id, member_tenant, 'member.added', person::text,
    jsonb_build_object('email', address, 'role', add_member.role),
    dashboard.member_row(person, member_tenant) || jsonb_build_object('is_new_account', is_new)
  );
end
$$;
grant execute on function dashboard.add_member(uuid, text, text, text) to authenticated;

create function dashboard.change_role(request_id uuid, user_id uuid, role text)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  replay jsonb;
  member dashboard.memberships;
begin
  replay := dashboard.begin_people_write(
    change_role.request_id, 'change_role', jsonb_build_object('user_id', change_role.user_id, 'role', change_role.role)
  );
  if replay is not null then
    return replay;
  end if;

  member := dashboard.manageable_member(change_role.user_id);
  perform dashboard.checked_role(change_role.role, dashboard.current_role_name());
  if member.tenant_id is null or change_role.role = 'platform_admin' then
    perform dashboard.refuse(
      422, 'role_of_the_platform', 'A platform administrator is no role in a salon.',
      'Add the person with the role that you want, then remove the other one.'
    );
  end if;
  if member.role = 'owner' and change_role.role <> 'owner' then
    perform dashboard.keep_somebody_in_charge(member.tenant_id, member.user_id);
  end if;

  update dashboard.memberships as membership
  set role = change_role.role
  where membership.membership_id = member.membership_id;
  perform dashboard.withdraw_resets(member.user_id);

  return dashboard.finish_write(
    change_role.request_id, member.tenant_id, 'member.role_changed', member.user_id::text,
    jsonb_build_object('from', member.role, 'to', change_role.role),
    dashboard.member_row(member.user_id, member.tenant_id)
  );
end
$$;
grant execute on function dashboard.change_role(uuid, uuid, text) to authenticated;

-- Takes the person out of the current salon (a platform admin who is not in it: off the platform). The account stays.
create function dashboard.remove_member(request_id uuid, user_id uuid)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  replay jsonb;
  member dashboard.memberships;
begin
  replay := dashboard.begin_people_write(
    remove_member.request_id, 'remove_member', jsonb_build_object('user_id', remove_member.user_id)
  );
  if replay is not null then
    return replay;
  end if;

  member := dashboard.manageable_member(remove_member.user_id);
  if member.membership_id is null then
    perform dashboard.refuse(
      404, 'person_not_found', 'There is no such person in this salon.', 'Look at the list again: it may have changed.'
    );
  end if;
  if member.role in ('owner', 'platform_admin') then
    perform dashboard.keep_somebody_in_charge(member.tenant_id, member.user_id);
  end if;

  delete from dashboard.memberships as membership where membership.membership_id = member.membership_id;
  perform dashboard.withdraw_resets(member.user_id);
  -- Somebody who is still in another salon keeps the session; what it showed of this one is out of reach at once.
  if not exists (select from dashboard.memberships as membership where membership.user_id = member.user_id) then
    perform dashboard.end_sessions(member.user_id, 'removed');
  end if;

  return dashboard.finish_write(
    remove_member.request_id, member.tenant_id, 'member.removed', member.user_id::text,
    jsonb_build_object('role', member.role), jsonb_build_object('user_id', member.user_id)
  );
end
$$;
grant execute on function dashboard.remove_member(uuid, uuid) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
