-- Bringing the indexes up to the bot's tables: what is new every few seconds, everything from time to time.
--
-- Ids of rows that are committed late are lower than ids already seen, so each look goes back by look_back() ids; what
-- is older than that, changed or removed is found by looking at the whole.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

create function dashboard.look_back()
returns bigint
language sql immutable
as $$ select 1000::bigint $$;

-- What became of one dialogue: the moments at which it stands and stood, and the time whose messages may now belong to
-- another dialogue than before.
create type dashboard.dialogue_change as (
  tenant_id uuid,
  session_id uuid,
  client_id uuid,
  moments timestamptz[], -- noqa: LT01
  look_from timestamptz,
  look_to timestamptz
);

-- Inside: puts rows of archived_sources or active_sources into the index, the archive's newest row of each session
-- first. Gives back what this changed. (PL/pgSQL here and below: it plans with the number of rows at hand.)
create function dashboard.put_dialogues(archive_ids bigint[], sessions uuid[])
returns setof dashboard.dialogue_change
language plpgsql volatile
set search_path = ''
as $$
begin
  return query
  with fresh as materialized (
    select distinct on (found.tenant_id, found.session_id) found.*
    from (
      select source.* from dashboard.archived_sources as source where source.archive_id = any(put_dialogues.archive_ids)
      union all
      select source.* from dashboard.active_sources as source where source.session_id = any(put_dialogues.sessions)
    ) as found
    order by found.tenant_id, found.session_id, found.archive_id desc nulls last
  ),
  before as materialized (
    select
      known.tenant_id, known.session_id, known.client_id, known.started_at, known.is_active,
      coalesce(known.ended_at, known.last_activity_at, known.started_at) as ends_at
    from dashboard.dialogue_index as known
    where (known.tenant_id, known.session_id) in (select fresh.tenant_id, fresh.session_id from fresh)
  ),
  written as (
    insert into dashboard.dialogue_index as known select * from fresh
    on conflict on constraint dialogue_index_pkey do update
    set (
      archive_id, source_xmin, client_id, channel, started_at, ended_at, last_activity_at, is_active, status,
      is_known_status, intent, booking_id, booking_status, booking_source, booking_at, booking_amount, booking_currency,
      messages_count, replies_count, drop_off_stage, sentiment, services, staff_id, stage
    ) = row(
      excluded.archive_id, excluded.source_xmin, excluded.client_id, excluded.channel, excluded.started_at,
      excluded.ended_at, excluded.last_activity_at, excluded.is_active, excluded.status, excluded.is_known_status,
      excluded.intent, excluded.booking_id, excluded.booking_status, excluded.booking_source, excluded.booking_at,
      excluded.booking_amount, excluded.booking_currency, excluded.messages_count, excluded.replies_count,
      excluded.drop_off_stage, excluded.sentiment, excluded.services, excluded.staff_id, excluded.stage
    )
    where known.archive_id is null or known.archive_id <= excluded.archive_id
    returning
      known.tenant_id, known.session_id, known.client_id, known.started_at, known.is_active,
      coalesce(known.ended_at, known.last_activity_at, known.started_at) as ends_at
  )
  select
    written.tenant_id,
    written.session_id,
    written.client_id,
    array[written.started_at, before.started_at],
    -- one that only went on has its earlier messages already
    case
      when written.is_active and before.is_active and before.started_at = written.started_at then before.ends_at
      else least(written.started_at, before.started_at) - interval '2 minutes'
    end,
    greatest(written.ends_at, before.ends_at) + interval '30 minutes'
  from written
  left join before on before.tenant_id = written.tenant_id and before.session_id = written.session_id
  union all
  -- one that is another client's now
  select
    before.tenant_id, before.session_id, before.client_id, array[before.started_at],
    before.started_at - interval '2 minutes', before.ends_at + interval '30 minutes'
  from written
  inner join before
    on before.tenant_id = written.tenant_id and before.session_id = written.session_id
    and before.client_id <> written.client_id;
end
$$;

-- Inside: drops dialogues whose row the bot has removed, unless another of its rows is still there to take its place.
create function dashboard.drop_dialogues(tenants uuid[], sessions uuid[])
returns setof dashboard.dialogue_change
language plpgsql volatile
set search_path = ''
as $$
begin
  return query
  delete from dashboard.dialogue_index as known
  using unnest(tenants, sessions) as gone (tenant_id, session_id)
  where known.tenant_id = gone.tenant_id and known.session_id = gone.session_id
  returning
    known.tenant_id, known.session_id, known.client_id, array[known.started_at],
    known.started_at - interval '2 minutes',
    coalesce(known.ended_at, known.last_activity_at, known.started_at) + interval '30 minutes';
  return query
  select put.*
  from dashboard.put_dialogues(
    array(
      select max(archived.id)
      from public.conversation_sessions_v2 as archived
      inner join unnest(tenants, sessions) as gone (tenant_id, session_id)
        on gone.tenant_id = archived.tenant_id and gone.session_id = archived.session_id
      group by archived.tenant_id, archived.session_id
    ),
    sessions
  ) as put;
end
$$;

-- Inside: the archive's rows that the index does not have as they are now, and the index's that the archive has not.
-- An older row of a session that is there twice is no change.
create function dashboard.archive_changes(since_id bigint, at_most integer)
returns table (archive_id bigint, tenant_id uuid, session_id uuid, is_gone boolean)
language sql stable
set search_path = ''
as $$
  (
    select changed.id, changed.tenant_id, changed.session_id, false
    from (
      select archived.id, archived.tenant_id, archived.session_id
      from public.conversation_sessions_v2 as archived
      left join dashboard.dialogue_index as known on known.archive_id = archived.id
      where
        archived.id > archive_changes.since_id
        and (
          known.archive_id is null or known.source_xmin <> archived.xmin
          or known.tenant_id <> archived.tenant_id or known.session_id <> archived.session_id
        )
      offset 0 -- what is below costs more, and concerns few
    ) as changed
    where not exists (
      select
      from dashboard.dialogue_index as newer
      where newer.tenant_id = changed.tenant_id and newer.session_id = changed.session_id
        and newer.archive_id > changed.id
    )
    order by changed.id
    limit archive_changes.at_most
  )
  union all
  (
    select known.archive_id, known.tenant_id, known.session_id, true
    from dashboard.dialogue_index as known
    where
      known.archive_id > archive_changes.since_id
      and not exists (
        select
        from public.conversation_sessions_v2 as archived
        where archived.id = known.archive_id and archived.tenant_id = known.tenant_id
          and archived.session_id = known.session_id
      )
    limit archive_changes.at_most
  )
$$;

-- Inside: sessions that go on and are not in the index as they are now, and those in it that go on no more.
create function dashboard.active_changes(at_most integer)
returns table (tenant_id uuid, session_id uuid, is_gone boolean)
language sql stable
set search_path = ''
as $$
  (
    select active.tenant_id, active.session_id, false
    from public.active_sessions_v2 as active
    left join dashboard.dialogue_index as known
      on known.tenant_id = active.tenant_id and known.session_id = active.session_id
    where known.session_id is null or (known.is_active and known.source_xmin <> active.xmin)
    limit active_changes.at_most
  )
  union all
  (
    select known.tenant_id, known.session_id, true
    from dashboard.dialogue_index as known
    where
      known.is_active
      and not exists (
        select
        from public.active_sessions_v2 as active
        where active.session_id = known.session_id and active.tenant_id = known.tenant_id
      )
    limit active_changes.at_most
  )
$$;

-- Inside: indexes messages with ids above `since_id`, up to `upto_id`, that are not there yet. Gives back whose they
-- are.
create function dashboard.put_messages(since_id bigint, upto_id bigint, at_most integer)
returns table (message_id bigint, tenant_id uuid, session_id uuid)
language plpgsql volatile
set search_path = ''
as $$
begin
  return query
  with fresh as materialized (
    select history.*
    from public.recent_history_v2 as history
    where
      history.id > put_messages.since_id and history.id <= put_messages.upto_id
      and not exists (select from dashboard.message_index as known where known.message_id = history.id)
    order by history.id
    limit put_messages.at_most
  )
  insert into dashboard.message_index as known (
    tenant_id, message_id, client_id, session_id, is_inferred, channel, role, sent_at, words
  )
  select
    fresh.tenant_id,
    fresh.id,
    fresh.user_id,
    coalesce(
      fresh.session_id,
      dashboard.inferred_session(fresh.tenant_id, fresh.user_id, fresh.channel, dashboard.on_calendar(fresh.created_at))
    ),
    fresh.session_id is null,
    left(fresh.channel, 200),
    left(fresh.role, 200),
    dashboard.on_calendar(fresh.created_at),
    dashboard.message_words(fresh.tenant_id, fresh.message)
  from fresh
  returning known.message_id, known.tenant_id, known.session_id;
end
$$;

-- Inside: looks again to which dialogues messages belong, as dialogues have changed at their time. Gives back the
-- dialogues that won or lost one.
create function dashboard.attach_messages(changes dashboard.dialogue_change[])
returns table (tenant_id uuid, session_id uuid)
language plpgsql volatile
set search_path = ''
as $$
begin
  return query
  with touched as materialized (
    select distinct message.tenant_id, message.message_id
    from unnest(attach_messages.changes) as change
    inner join dashboard.message_index as message
      on message.tenant_id = change.tenant_id and message.client_id = change.client_id
      and message.sent_at between change.look_from and change.look_to
    where message.is_inferred
  ),
  found as materialized (
    select
      message.tenant_id,
      message.message_id,
      message.session_id as old_session,
      dashboard.inferred_session(message.tenant_id, message.client_id, message.channel, message.sent_at) as new_session
    from touched
    inner join dashboard.message_index as message
      on message.tenant_id = touched.tenant_id and message.message_id = touched.message_id
  ),
  moved as (
    update dashboard.message_index as message
    set session_id = found.new_session
    from found
    where message.tenant_id = found.tenant_id and message.message_id = found.message_id
      and found.new_session is distinct from found.old_session
    returning found.tenant_id, found.old_session, found.new_session
  )
  select moved.tenant_id, side.session_id
  from moved
  cross join lateral (values (moved.old_session), (moved.new_session)) as side (session_id)
  where side.session_id is not null;
end
$$;

-- Inside: measures the first replies of dialogues anew.
create function dashboard.measure_replies(tenants uuid[], sessions uuid[])
returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  update dashboard.dialogue_index as dialogue
  set first_reply_ms = measured.first_reply_ms
  from (
    select touched.*, dashboard.first_reply(touched.tenant_id, touched.session_id) as first_reply_ms
    from (select distinct pair.* from unnest(tenants, sessions) as pair (tenant_id, session_id)) as touched
  ) as measured
  where dialogue.tenant_id = measured.tenant_id and dialogue.session_id = measured.session_id
    and dialogue.first_reply_ms is distinct from measured.first_reply_ms;
end
$$;

-- Inside: marks the first dialogue of each client of whom one has changed.
create function dashboard.mark_firsts(changes dashboard.dialogue_change[])
returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  update dashboard.dialogue_index as dialogue
  set is_first = ordered.is_first
  from (
    select
      known.tenant_id,
      known.session_id,
      known.started_at is not null and row_number() over (
        partition by known.tenant_id, known.client_id order by known.started_at, known.session_id
      ) = 1 as is_first
    from (select distinct change.tenant_id, change.client_id from unnest(mark_firsts.changes) as change) as touched
    inner join dashboard.dialogue_index as known
      on known.tenant_id = touched.tenant_id and known.client_id = touched.client_id
  ) as ordered
  where dialogue.tenant_id = ordered.tenant_id and dialogue.session_id = ordered.session_id
    and dialogue.is_first <> ordered.is_first;
end
$$;

-- One step of the work, for the panel's loop and the collector. `whole` looks at every dialogue, and at the next 50,000
-- messages: what was changed or removed long ago is found only so. Says how much it did, and whether more is waiting
-- (`behind`). Of two callers at a time, one does nothing and is told so (`busy`).
create function dashboard.sync_index(batch integer default 2000, whole boolean default false)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  at_most integer := least(greatest(coalesce(batch, 2000), 1), 20000);
  state dashboard.index_state;
  after_id bigint;
  archive_ids bigint[];
  active_ids uuid[];
  gone_tenants uuid[];
  gone_sessions uuid[];
  more_gone_tenants uuid[];
  more_gone_sessions uuid[];
  changes dashboard.dialogue_change[];
  change record;
  tenants uuid[];
  sessions uuid[];
  more_tenants uuid[];
  more_sessions uuid[];
  last_message bigint;
  messages integer;
  message_ids bigint[];
  message_tenants uuid[];
  swept_upto bigint := 0;
  behind boolean;
begin
  if not pg_try_advisory_xact_lock(7020261121) then
    return jsonb_build_object('dialogues', 0, 'messages', 0, 'behind', false, 'busy', true);
  end if;
  select * into strict state from dashboard.index_state;

  -- The archive first, so that what has just ended is not taken for gone.
  after_id := case when whole then 0 else greatest(state.archive_upto - dashboard.look_back(), 0) end;
  select
    coalesce(array_agg(found.archive_id) filter (where not found.is_gone), '{}'),
    coalesce(array_agg(found.tenant_id) filter (where found.is_gone), '{}'),
    coalesce(array_agg(found.session_id) filter (where found.is_gone), '{}')
  into archive_ids, gone_tenants, gone_sessions
  from dashboard.archive_changes(after_id, at_most) as found;
  changes := array(select put from dashboard.put_dialogues(archive_ids, '{}') as put);

  select
    coalesce(array_agg(found.session_id) filter (where not found.is_gone), '{}'),
    coalesce(array_agg(found.tenant_id) filter (where found.is_gone), '{}'),
    coalesce(array_agg(found.session_id) filter (where found.is_gone), '{}')
  into active_ids, more_gone_tenants, more_gone_sessions
  from dashboard.active_changes(at_most) as found;
  gone_tenants := gone_tenants || more_gone_tenants;
  gone_sessions := gone_sessions || more_gone_sessions;
  behind := greatest(cardinality(archive_ids), cardinality(active_ids), cardinality(gone_sessions)) >= at_most;
  changes := changes
    || array(select put from dashboard.put_dialogues('{}', active_ids) as put)
    || array(select dropped from dashboard.drop_dialogues(gone_tenants, gone_sessions) as dropped);

  for change in
    select changed.tenant_id, array_agg(distinct moment.at) as moments
    from unnest(changes) as changed
    cross join lateral unnest(changed.moments) as moment (at)
    where moment.at is not null
    group by changed.tenant_id
  loop
    perform dashboard.forget_collected(change.tenant_id, change.moments);
  end loop;

  perform dashboard.mark_firsts(changes);

  -- What is indexed already first: the new messages are attached as they come.
  select coalesce(array_agg(moved.tenant_id), '{}'), coalesce(array_agg(moved.session_id), '{}')
  into more_tenants, more_sessions
  from dashboard.attach_messages(changes) as moved;
  -- Messages just written; and, with the whole, another stretch of the old ones, for what came late or was removed.
  select
    count(*), max(put.message_id),
    coalesce(array_agg(put.tenant_id) filter (where put.session_id is not null), '{}'),
    coalesce(array_agg(put.session_id) filter (where put.session_id is not null), '{}'),
    coalesce(array_agg(put.tenant_id), '{}'), coalesce(array_agg(put.message_id), '{}')
  into messages, last_message, tenants, sessions, message_tenants, message_ids
  from dashboard.put_messages(state.message_upto - dashboard.look_back(), 9223372036854775807, at_most * 5) as put;
  behind := behind or messages = at_most * 5;
  if whole then
    swept_upto := state.message_swept + 50000;
    select
      messages + count(*),
      tenants || coalesce(array_agg(put.tenant_id) filter (where put.session_id is not null), '{}'),
      sessions || coalesce(array_agg(put.session_id) filter (where put.session_id is not null), '{}'),
      message_tenants || coalesce(array_agg(put.tenant_id), '{}'), message_ids || coalesce(array_agg(put.message_id), '{}')
    into messages, tenants, sessions, message_tenants, message_ids
    from dashboard.put_messages(state.message_swept, swept_upto, 50000) as put;
    with removed as (
      delete from dashboard.message_index as known
      where
        known.message_id > state.message_swept and known.message_id <= swept_upto
        and not exists (select from public.recent_history_v2 as history where history.id = known.message_id)
      returning known.tenant_id, known.session_id
    )
    select tenants || coalesce(array_agg(removed.tenant_id), '{}'), sessions || coalesce(array_agg(removed.session_id), '{}')
    into tenants, sessions
    from removed
    where removed.session_id is not null;
  end if;

  tenants := tenants || more_tenants || array(select changed.tenant_id from unnest(changes) as changed);
  sessions := sessions || more_sessions || array(select changed.session_id from unnest(changes) as changed);
  perform dashboard.measure_replies(tenants, sessions);
  perform dashboard.note_indexed(tenants, sessions, message_tenants, message_ids);

  update dashboard.index_state
  set
    archive_upto = greatest(archive_upto, (select max(known) from unnest(archive_ids) as known)),
    message_upto = greatest(message_upto, last_message),
    message_swept = case
      when not whole then message_swept
      when swept_upto < message_upto then swept_upto
      else 0
    end,
    synced_at = clock_timestamp();
  perform dashboard.analyze_grown_index();
  return jsonb_build_object(
    'dialogues', cardinality(archive_ids) + cardinality(active_ids) + cardinality(gone_sessions),
    'messages', messages,
    'behind', behind,
    'busy', false
  );
end
$$;
grant execute on function dashboard.sync_index(integer, boolean) to dashboard_worker;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
