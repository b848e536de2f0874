-- Sign-in sessions: opened, kept alive, ended. For the role dashboard_auth, which acts before there is a person.
--
-- The panel holds the secret of a session; only its SHA-256 comes here, so that a leaked copy signs nobody in.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Table ---------------------------------------------------------------------------------------------------------------

create table dashboard.auth_sessions (
  session_hash bytea primary key check (length(session_hash) = 32),
  user_id uuid not null references dashboard.users (user_id) on delete cascade,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  -- the nearer end: so one comparison tells whether a session is over
  idle_expires_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text,
  address text,
  user_agent text,
  constraint auth_sessions_ends_check check (idle_expires_at <= expires_at)
);
create index auth_sessions_user_id on dashboard.auth_sessions (user_id, last_seen_at desc);
create index auth_sessions_expires_at on dashboard.auth_sessions (expires_at);
alter table dashboard.auth_sessions enable row level security; -- no policy, no grant: for our own functions only

-- Inside --------------------------------------------------------------------------------------------------------------

-- The only salon of a person, or null: what a person does outside of a salon is shown to a salon only if it is their
-- only one, else one salon would learn of the other.
create function dashboard.only_tenant(user_id uuid)
returns uuid
language sql stable
set search_path = ''
as $$
  select case when count(*) = 1 then (array_agg(membership.tenant_id))[1] end
  from dashboard.memberships as membership
  where membership.user_id = only_tenant.user_id
$$;

create function dashboard.session_is_alive(session dashboard.auth_sessions)
returns boolean
language sql stable
as $$
  select (session).ended_at is null and (session).idle_expires_at > now()
$$;

-- A person with their memberships, and the session they came by (null where there is none).
create function dashboard.identity(user_id uuid, session dashboard.auth_sessions)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'user_id', users.user_id,
      'email', users.email,
      'full_name', users.full_name,
      'locale', users.locale,
      'theme', users.theme,
      'last_tenant_id', users.last_tenant_id,
      'password_changed_at', users.password_changed_at,
      'session', case when session.session_hash is not null then jsonb_build_object(
        'created_at', session.created_at,
        'last_seen_at', session.last_seen_at,
        'idle_expires_at', session.idle_expires_at,
        'expires_at', session.expires_at
      ) end,
      'memberships', coalesce(
        (
          select jsonb_agg(
            jsonb_build_object('tenant_id', membership.tenant_id, 'role', membership.role)
            order by membership.created_at, membership.membership_id
          )
          from dashboard.memberships as membership
          where membership.user_id = users.user_id
        ),
        '[]'
      )
    )
    from dashboard.users
    where users.user_id = identity.user_id
  );
end
$$;

create function dashboard.end_sessions(user_id uuid, reason text, keep bytea default null)
returns integer
language sql volatile
set search_path = ''
as $$
  with ended as (
    update dashboard.auth_sessions as session
    set ended_at = now(), end_reason = end_sessions.reason
    where session.user_id = end_sessions.user_id
      and session.ended_at is null
      and session.session_hash is distinct from end_sessions.keep
    returning 1
  )
  select count(*)::integer from ended
$$;

-- For the panel's sign-in ---------------------------------------------------------------------------------------------

-- Opens a session, ends the one it replaces (a new secret at every sign-in), returns the identity.
create function dashboard.auth_open_session(
  user_id uuid, session_hash text, idle_seconds integer, lifetime_seconds integer, address text, user_agent text,
  replaces text default null
)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  opened dashboard.auth_sessions;
begin
  -- locked, so that no session appears between a deactivation and its end of all sessions
  perform from dashboard.users where users.user_id = auth_open_session.user_id and users.is_active for share;
  if not found then
    perform dashboard.refuse(
      403, 'account_inactive', 'This account is switched off.', 'Ask an owner of the salon to switch it on.'
    );
  end if;
  if coalesce(idle_seconds, 0) <= 0 or coalesce(lifetime_seconds, 0) <= 0 then
    perform dashboard.refuse(422, 'lifetime_invalid', 'A session has to last.', 'Send lifetimes above zero, in seconds.');
  end if;

  if replaces is not null then
    update dashboard.auth_sessions as session
    set ended_at = now(), end_reason = 'replaced'
    where session.session_hash = dashboard.checked_hash(replaces) and session.ended_at is null;
  end if;

  insert into dashboard.auth_sessions (session_hash, user_id, idle_expires_at, expires_at, address, user_agent)
  values (
    dashboard.checked_hash(auth_open_session.session_hash),
    auth_open_session.user_id,
    now() + make_interval(secs => least(idle_seconds, lifetime_seconds)),
    now() + make_interval(secs => lifetime_seconds),
    dashboard.plain_line(auth_open_session.address, 64),
    dashboard.plain_line(auth_open_session.user_agent, 400)
  )
  returning * into opened;

  perform dashboard.write_audit(
    dashboard.only_tenant(opened.user_id), opened.user_id, 'sign_in', null, null, null, opened.address
  );
  return dashboard.identity(opened.user_id, opened);
end
$$;
grant execute on function dashboard.auth_open_session(uuid, text, integer, integer, text, text, text) to dashboard_auth;

-- The identity behind a session, or null when it ended, expired, or its person was switched off.
create function dashboard.auth_session(session_hash text)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return (
    select dashboard.identity(session.user_id, session)
    from dashboard.auth_sessions as session
    inner join dashboard.users on users.user_id = session.user_id
    where session.session_hash = dashboard.checked_hash(auth_session.session_hash)
      and dashboard.session_is_alive(session)
      and users.is_active
  );
end
$$;
grant execute on function dashboard.auth_session(text) to dashboard_auth;

-- One call for all sessions of a process: extends those that were `seen`, returns those of `watched` that are alive.
create function dashboard.auth_touch_sessions(seen text[], watched text[], idle_seconds integer)
returns table (session_hash text)
language sql volatile security definer
set search_path = ''
as $$
  with locked as (
    -- in one order and without waiting: two processes that see the same sessions must not deadlock
    select session.session_hash
    from dashboard.auth_sessions as session
    inner join unnest(seen) as wanted (hash) on session.session_hash = dashboard.checked_hash(wanted.hash)
    where dashboard.session_is_alive(session)
    order by session.session_hash
    for no key update of session skip locked
  ),
  extended as (
    update dashboard.auth_sessions as session
    set last_seen_at = now(),
        idle_expires_at = least(session.expires_at, now() + make_interval(secs => greatest(idle_seconds, 1)))
    from locked
    where session.session_hash = locked.session_hash
    returning 1
  )
  select wanted.hash
  from unnest(watched) as wanted (hash)
  inner join dashboard.auth_sessions as session on session.session_hash = dashboard.checked_hash(wanted.hash)
  inner join dashboard.users on users.user_id = session.user_id
  where dashboard.session_is_alive(session) and users.is_active
$$;
grant execute on function dashboard.auth_touch_sessions(text[], text[], integer) to dashboard_auth;

create function dashboard.auth_end_session(session_hash text, reason text)
returns boolean
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  ended dashboard.auth_sessions;
begin
  update dashboard.auth_sessions as session
  set ended_at = now(), end_reason = dashboard.plain_line(reason, 40)
  where session.session_hash = dashboard.checked_hash(auth_end_session.session_hash) and session.ended_at is null
  returning session.* into ended;
  if not found then
    return false;
  end if;
  perform dashboard.write_audit(
    dashboard.only_tenant(ended.user_id), ended.user_id, 'sign_out', null,
    jsonb_build_object('reason', ended.end_reason), null, ended.address
  );
  return true;
end
$$;
grant execute on function dashboard.auth_end_session(text, text) to dashboard_auth;

-- Without `keep`, all of them.
create function dashboard.auth_end_other_sessions(user_id uuid, keep text, reason text)
returns integer
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  ended integer := dashboard.end_sessions(
    auth_end_other_sessions.user_id, dashboard.plain_line(reason, 40),
    case when keep is not null then dashboard.checked_hash(keep) end
  );
begin
  if ended > 0 then
    perform dashboard.write_audit(
      dashboard.only_tenant(auth_end_other_sessions.user_id), auth_end_other_sessions.user_id, 'sessions_ended', null,
      jsonb_build_object('count', ended, 'reason', dashboard.plain_line(reason, 40)), null, null
    );
  end if;
  return ended;
end
$$;
grant execute on function dashboard.auth_end_other_sessions(uuid, text, text) to dashboard_auth;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
