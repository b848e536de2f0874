-- Acting on the account behind a member: switching it off and on, and one-time links to set its password.
--
-- An account may belong to several salons, so that more is at stake than the salon one manages. Whoever adds a
-- stranger's address to their own salon must not be able to lock that person out of another, nor to take the account
-- over by setting its password.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- May the caller act for the whole account: do they manage, in every place where it belongs, a role as high as theirs?
create function dashboard.manages_whole_account(target uuid)
returns boolean
language sql stable
set search_path = ''
as $$
  select dashboard.current_role_name() = 'platform_admin' or not exists (
    select
    from dashboard.memberships as theirs
    where theirs.user_id = manages_whole_account.target
      and not exists (
        select
        from dashboard.memberships as mine
        inner join dashboard.role_permissions as granted
          on granted.role = mine.role and granted.permission = 'users.manage'
        where mine.user_id = dashboard.current_user_id()
          and mine.tenant_id = theirs.tenant_id
          and dashboard.role_rank(mine.role) >= dashboard.role_rank(theirs.role)
      )
  )
$$;

-- Switches an account off or on. Off ends its sessions at once and withdraws its reset links.
create function dashboard.set_user_active(request_id uuid, user_id uuid, is_active boolean)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  replay jsonb;
  member dashboard.memberships;
  place dashboard.memberships;
begin
  replay := dashboard.begin_people_write(
    set_user_active.request_id, 'set_user_active',
    jsonb_build_object('user_id', set_user_active.user_id, 'is_active', set_user_active.is_active)
  );
  if replay is not null then
    return replay;
  end if;

  if set_user_active.is_active is null then
    perform dashboard.refuse(422, 'is_active_missing', 'On or off is missing.', 'Send true or false.');
  end if;
  member := dashboard.manageable_member(set_user_active.user_id);
  if dashboard.current_role_name() <> 'platform_admin' and exists (
    select
    from dashboard.memberships as elsewhere
    where elsewhere.user_id = set_user_active.user_id and elsewhere.tenant_id is distinct from member.tenant_id
  ) then
    perform dashboard.refuse(
      409, 'account_shared', 'This account is not only yours to switch.', 'Remove the person from this salon instead.'
    );
  end if;
  if not set_user_active.is_active then
    for place in
      select membership.*
      from dashboard.memberships as membership
      where membership.user_id = set_user_active.user_id and membership.role in ('owner', 'platform_admin')
    loop
      perform dashboard.keep_somebody_in_charge(place.tenant_id, place.user_id);
    end loop;
  end if;

  update dashboard.users
  set is_active = set_user_active.is_active, updated_at = now()
  where users.user_id = set_user_active.user_id;
  if not set_user_active.is_active then
    perform dashboard.end_sessions(set_user_active.user_id, 'deactivated');
    perform dashboard.withdraw_resets(set_user_active.user_id);
  end if;

  return dashboard.finish_write(
    set_user_active.request_id, member.tenant_id,
    case when set_user_active.is_active then 'member.activated' else 'member.deactivated' end,
    set_user_active.user_id::text, '{}', dashboard.member_row(set_user_active.user_id, member.tenant_id)
  );
end
$$;
grant execute on function dashboard.set_user_active(uuid, uuid, boolean) to authenticated;

-- A one-time link to set a password. The caller makes the secret and keeps it; only its hash comes here.
create function dashboard.issue_password_reset(request_id uuid, user_id uuid, token_hash text, valid_minutes integer)
returns table (expires_at timestamptz)
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  replay jsonb;
  member dashboard.memberships;
  ends_at timestamptz;
begin
  replay := dashboard.begin_people_write(
    issue_password_reset.request_id, 'issue_password_reset',
    jsonb_build_object(
      'user_id', issue_password_reset.user_id, 'token_hash', issue_password_reset.token_hash,
      'valid_minutes', issue_password_reset.valid_minutes
    )
  );
  if replay is null then
    if coalesce(valid_minutes, 0) not between 5 and 10080 then
      perform dashboard.refuse(
        422, 'valid_minutes_invalid', 'A link is valid for 5 minutes to 7 days.', 'Send a number from 5 to 10080.'
      );
    end if;
    member := dashboard.manageable_member(issue_password_reset.user_id);
    if not dashboard.manages_whole_account(issue_password_reset.user_id) then
      perform dashboard.refuse(
        403, 'account_shared', 'This account opens more than what you manage.',
        'The person can change the password after signing in; else ask a platform administrator.'
      );
    end if;
    perform from dashboard.users where users.user_id = issue_password_reset.user_id and users.is_active;
    if not found then
      perform dashboard.refuse(409, 'account_inactive', 'This account is switched off.', 'Switch it on first.');
    end if;

    perform dashboard.withdraw_resets(issue_password_reset.user_id); -- the newest link is the only one
    insert into dashboard.password_resets as reset (token_hash, user_id, issued_by, expires_at)
    values (
      dashboard.checked_hash(issue_password_reset.token_hash), issue_password_reset.user_id,
      dashboard.current_user_id(), now() + make_interval(mins => valid_minutes)
    )
    returning reset.expires_at into ends_at;
    replay := dashboard.finish_write(
      issue_password_reset.request_id, member.tenant_id, 'password_reset.issued', issue_password_reset.user_id::text,
      jsonb_build_object('expires_at', ends_at), jsonb_build_object('expires_at', ends_at)
    );
  end if;
  return query select (replay ->> 'expires_at')::timestamptz;
end
$$;
grant execute on function dashboard.issue_password_reset(uuid, uuid, text, integer) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
