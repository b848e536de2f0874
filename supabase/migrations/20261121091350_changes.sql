-- What has changed in a salon, in the order in which it can be told: the log that open pages follow.
--
-- It holds no data, only what to read again. Realtime rings a bell when it grows; whoever hears it, or hears nothing
-- and looks by the clock, reads on from a cursor. A row gets its number when it is written and is seen when it is
-- committed, which may be later than rows with higher numbers: so rows are told in the order of their transactions,
-- and only once no older transaction is left that could still add one.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

create table dashboard.changes (
  change_id bigint generated always as identity,
  xid xid8 not null default pg_current_xact_id(),
  tenant_id uuid not null,
  stream text not null check (
    stream in ('dialogues', 'messages', 'annotations', 'filters', 'members', 'tenant', 'jobs', 'audit')
  ),
  -- of the streams `dialogues` and `messages`: started, ended, booked and message are told once for each
  kind text not null default 'changed' check (kind in ('changed', 'started', 'ended', 'booked', 'message')),
  session_id uuid,
  message_id bigint,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, xid, change_id)
);
create index changes_changed_at on dashboard.changes (changed_at);
create unique index changes_once on dashboard.changes (tenant_id, session_id, kind)
where kind in ('started', 'ended', 'booked');
alter table dashboard.changes enable row level security; -- no policy, no grant: for our own functions only

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;

-- Inside: sends a message to who listens to a salon's changes. It belongs to whoever runs the migrations, as nobody
-- else may send; nobody but our own functions may call it. Where there is no Realtime it does nothing, and pages
-- look by the clock. (Realtime's function takes no error further, so a bell that cannot be rung disturbs no write.)
create function dashboard.ring(tenant uuid, event text, payload jsonb)
returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  if to_regprocedure('realtime.send(jsonb, text, text, boolean)') is not null then
    perform realtime.send(ring.payload, ring.event, format('tenant:%s:changes', ring.tenant), true);
  end if;
end
$$;
revoke all on function dashboard.ring(uuid, text, jsonb) from public;
grant execute on function dashboard.ring(uuid, text, jsonb) to dashboard_owner;

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

create function dashboard.ring_for_changes()
returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  perform dashboard.ring(rung.tenant_id, 'changed', '{}') from (select distinct tenant_id from written) as rung;
  return null;
end
$$;
create trigger ring_for_changes
after insert on dashboard.changes
referencing new table as written
for each statement execute function dashboard.ring_for_changes();

-- What people do in the panel is on record, so the record tells what has changed by it.
create function dashboard.note_audited()
returns trigger
language plpgsql volatile
set search_path = ''
as $$
declare
  stream text := case split_part(new.action, '.', 1)
    when 'dialogue' then 'annotations'
    when 'filter' then 'filters'
    when 'member' then 'members'
    when 'tenant' then 'tenant'
    when 'job' then 'jobs'
  end;
begin
  if new.tenant_id is not null then
    insert into dashboard.changes (tenant_id, stream, session_id)
    select new.tenant_id, noted.stream, noted.session_id
    from (
      values
      ('audit', null), (stream, case when stream = 'annotations' then dashboard.uuid_or_null(new.subject) end)
    ) as noted (stream, session_id)
    where noted.stream is not null;
  end if;
  return null;
end
$$;
create trigger note_audited
after insert on dashboard.audit_log
for each row execute function dashboard.note_audited();

-- Reading on -------------------------------------------------------------------------------------------------------

-- A place in the log, `<transaction>:<number>`; null is the end of what can be told at this moment.
-- Refuses what is no place.
create function dashboard.change_place(place text, out xid xid8, out change_id bigint)
language plpgsql stable
set search_path = ''
as $$
begin
  if place is null then
    xid := pg_snapshot_xmin(pg_current_snapshot());
    change_id := 0;
    return;
  end if;
  if place !~ '^[0-9]{1,19}:[0-9]{1,18}$' then
    perform dashboard.refuse(422, 'cursor_invalid', 'This place in the stream is not of our form.', 'Start anew.');
  end if;
  xid := split_part(place, ':', 1)::xid8;
  change_id := split_part(place, ':', 2)::bigint;
end
$$;

-- Inside: a change as it is told.
create function dashboard.change_as_told(change dashboard.changes)
returns jsonb
language sql stable
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'id', change.change_id,
    'stream', change.stream,
    'kind', change.kind,
    'session_id', change.session_id,
    'message_id', change.message_id,
    'at', change.changed_at
  ))
$$;

-- What has changed after a place in the log of the token's salon. `changes` are told once and in order, `cursor` is
-- where to read on, and `more` says that more can be told at once. `early` are at most 200 changes that can be seen
-- already, but wait for an older transaction: to be told again, in their order. `lost` says that the log does not
-- reach back to the place, as after a restored backup: everything may have changed.
create function dashboard.changes_after(after text default null, at_most integer default 1000)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  tenant uuid := dashboard.live_tenant();
  settled xid8 := pg_snapshot_xmin(pg_current_snapshot());
  most integer := least(greatest(coalesce(at_most, 1000), 1), 5000);
  place record;
  told jsonb;
  early jsonb;
  count_told integer;
  last_xid xid8;
  last_id bigint;
begin
  if tenant is null then
    perform dashboard.refuse(403, 'not_allowed', 'This token names no salon.', 'Use a token of the panel.');
  end if;
  place := dashboard.change_place(after);
  if place.xid > pg_snapshot_xmax(pg_current_snapshot()) then
    return jsonb_build_object(
      'cursor', format('%s:0', settled), 'changes', '[]'::jsonb, 'early', '[]'::jsonb, 'more', false, 'lost', true
    );
  end if;

  select
    count(*), coalesce(jsonb_agg(dashboard.change_as_told(change) order by change.xid, change.change_id), '[]'),
    max(change.xid)
  into count_told, told, last_xid
  from (
    select known.*
    from dashboard.changes as known
    where
      known.tenant_id = tenant and (known.xid, known.change_id) > (place.xid, place.change_id) and known.xid < settled
    order by known.xid, known.change_id
    limit most
  ) as change;
  if count_told = most then
    last_id := (told -> -1 ->> 'id')::bigint;
  else
    -- nothing older can come any more: the next look begins where this one could not see further
    last_xid := greatest(settled, place.xid);
    last_id := case when last_xid = place.xid then place.change_id else 0 end;
  end if;

  select coalesce(jsonb_agg(dashboard.change_as_told(change)), '[]')
  into early
  from (
    select known.*
    from dashboard.changes as known
    where known.tenant_id = tenant and known.xid >= settled
    order by known.xid, known.change_id
    limit 200
  ) as change;

  return jsonb_build_object(
    'cursor', format('%s:%s', last_xid, last_id),
    'changes', told,
    'early', early,
    'more', count_told = most,
    'lost', false
  );
end
$$;
grant usage on schema dashboard to dashboard_live;
grant execute on function dashboard.changes_after(text, integer) to dashboard_live;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
