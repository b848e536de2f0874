-- Removing what nobody needs any more, in small batches that hold no lock for long.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Removes at most `batch` rows of each kind; to be called again while a count equals `batch`. Sessions are kept for
-- 30 days after their end, for questions about a sign-in; links for 7; answered requests for 7, longer than anything
-- retries. The log of changes is kept for 2: pages follow it within seconds, and the live feed shows no more.
create function dashboard.purge_expired(batch integer)
returns table (table_name text, removed bigint)
language sql volatile security definer
set search_path = ''
as $$
  with old_sessions as (
    delete from dashboard.auth_sessions as session
    where session.session_hash in (
      select expired.session_hash
      from dashboard.auth_sessions as expired
      where least(expired.ended_at, expired.idle_expires_at) < now() - interval '30 days'
      limit greatest(batch, 0)
      for update skip locked
    )
    returning 1
  ),
  old_resets as (
    delete from dashboard.password_resets as reset
    where reset.token_hash in (
      select expired.token_hash
      from dashboard.password_resets as expired
      where least(expired.used_at, expired.expires_at) < now() - interval '7 days'
      limit greatest(batch, 0)
      for update skip locked
    )
    returning 1
  ),
  old_requests as (
    delete from dashboard.write_requests as request
    where request.request_id in (
      select answered.request_id
      from dashboard.write_requests as answered
      where answered.created_at < now() - interval '7 days'
      limit greatest(batch, 0)
      for update skip locked
    )
    returning 1
  ),
  old_changes as (
    delete from dashboard.changes as change
    where (change.tenant_id, change.xid, change.change_id) in (
      select passed.tenant_id, passed.xid, passed.change_id
      from dashboard.changes as passed
      where passed.changed_at < now() - interval '2 days'
      limit greatest(batch, 0)
      for update skip locked
    )
    returning 1
  )
  select 'auth_sessions', count(*) from old_sessions
  union all
  select 'password_resets', count(*) from old_resets
  union all
  select 'write_requests', count(*) from old_requests
  union all
  select 'changes', count(*) from old_changes
$$;

grant execute on function dashboard.purge_expired(integer) to dashboard_worker;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
