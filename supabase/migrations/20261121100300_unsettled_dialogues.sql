-- What the index of dialogues has not seen yet, so that figures are exact at the moment of asking.
--
-- The index is a few seconds behind. A figure may not be: so each read compares the versions of the rows in its range
-- (numbers only) with those that the index was made from, and takes from the bot's tables whatever differs.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: the part of the range where the archive and the index differ; null where they do not. Ten days at a time, the
-- versions of their rows are added up to one number each, which costs a fraction of comparing them one by one.
-- (The age of a version is as good as its number, and quicker to work with.)
-- A session that is twice in the archive makes a difference each time; it is no error to look closer.
create function dashboard.suspect_range(tenant uuid, from_at timestamptz, to_at timestamptz)
returns tstzrange
language sql stable
set search_path = ''
as $$
  with source as (
    select
      date_bin('10 days', archived.started_at, '2000-01-01 00:00+00') as ten_days,
      bit_xor(hashint8extended(archived.id, age(archived.xmin))) as fingerprint
    from public.conversation_sessions_v2 as archived
    where archived.tenant_id = suspect_range.tenant
      and archived.started_at >= suspect_range.from_at and archived.started_at < suspect_range.to_at
    group by 1
  ),
  known as (
    select
      date_bin('10 days', dialogue.started_at, '2000-01-01 00:00+00') as ten_days,
      bit_xor(hashint8extended(dialogue.archive_id, age(dialogue.source_xmin))) as fingerprint
    from dashboard.dialogue_index as dialogue
    where dialogue.tenant_id = suspect_range.tenant
      and dialogue.started_at >= suspect_range.from_at and dialogue.started_at < suspect_range.to_at
      and dialogue.archive_id is not null
    group by 1
  )
  select tstzrange(
    greatest(min(ten_days), suspect_range.from_at), least(max(ten_days) + interval '10 days', suspect_range.to_at)
  )
  from source
  full join known using (ten_days)
  where source.fingerprint is distinct from known.fingerprint
  having count(*) > 0
$$;

-- Inside: the dialogues of the range that the index does not have as they are now. `archive_id` is their newest row of
-- the archive that differs; `source_at` is where they stand in the bot's tables, `known_at` where in the index, null
-- where they do not. `has_moved` is false when nothing but a message has come: then only `known_at` is given.
--   A row that came into the range is found by its version; one that left it, by its absence.
--   Rows just written are looked at whatever their time: they may end a session that the range knows as active.
--   An older row of a session that is there twice is no change.
create function dashboard.unsettled_dialogues(tenant uuid, from_at timestamptz, to_at timestamptz)
returns table (
  session_id uuid, archive_id bigint, source_at timestamptz, known_at timestamptz, has_moved boolean
)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
declare
  state dashboard.index_state;
  archive_after bigint;
  message_after bigint;
  suspect tstzrange := dashboard.suspect_range(tenant, from_at, to_at);
begin
  select * into strict state from dashboard.index_state;
  archive_after := state.archive_upto - dashboard.look_back();
  message_after := state.message_upto - dashboard.look_back();
  return query
  with source as materialized (
    select archived.id, archived.session_id, archived.xmin as version, archived.started_at
    from public.conversation_sessions_v2 as archived
    where archived.tenant_id = tenant and archived.started_at >= lower(suspect) and archived.started_at < upper(suspect)
  ),
  known as materialized (
    select dialogue.session_id, dialogue.archive_id, dialogue.source_xmin as version
    from dashboard.dialogue_index as dialogue
    where dialogue.tenant_id = tenant and dialogue.started_at >= lower(suspect) and dialogue.started_at < upper(suspect)
  ),
  changed as (
    select source.id, source.session_id, source.started_at
    from source
    left join known
      on known.archive_id = source.id and known.version = source.version and known.session_id = source.session_id
    where known.session_id is null
    union
    select archived.id, archived.session_id, archived.started_at
    from public.conversation_sessions_v2 as archived
    where archived.id > archive_after and archived.tenant_id = tenant
      and not exists (
        select
        from dashboard.dialogue_index as settled
        where settled.archive_id = archived.id and settled.source_xmin = archived.xmin
      )
  ),
  newest as (
    select distinct on (changed.session_id) changed.session_id, changed.id, changed.started_at
    from changed
    where not exists (
      select
      from dashboard.dialogue_index as newer
      inner join public.conversation_sessions_v2 as still
        on still.id = newer.archive_id and still.tenant_id = newer.tenant_id and still.session_id = newer.session_id
      where newer.tenant_id = tenant and newer.session_id = changed.session_id and newer.archive_id > changed.id
    )
    order by changed.session_id, changed.id desc
  ),
  unsettled as (
    select newest.session_id, newest.id, newest.started_at, true as has_moved from newest
    union all
    -- removed from the archive, or moved out of the range
    select known.session_id, null, null, true
    from known
    where known.archive_id is not null and not exists (select from source where source.id = known.archive_id)
    union all
    select active.session_id, null, active.created_at, true
    from public.active_sessions_v2 as active
    left join dashboard.dialogue_index as settled
      on settled.tenant_id = active.tenant_id and settled.session_id = active.session_id
    where active.tenant_id = tenant
      and (
        settled.session_id is null
        or (settled.is_active and settled.source_xmin <> active.xmin)
        -- left behind by a dialogue that the archive has no more
        or (
          not settled.is_active
          and not exists (
            select
            from public.conversation_sessions_v2 as still
            where still.id = settled.archive_id and still.tenant_id = settled.tenant_id
              and still.session_id = settled.session_id
          )
        )
      )
    union all
    select settled.session_id, null, null, true
    from dashboard.dialogue_index as settled
    where settled.tenant_id = tenant and settled.is_active
      and not exists (select from public.active_sessions_v2 as active where active.session_id = settled.session_id)
    union all
    select settled.session_id, null, null, false
    from dashboard.dialogue_index as settled
    where settled.tenant_id = tenant and settled.started_at >= from_at and settled.started_at < to_at
      and settled.client_id in (
        select history.user_id
        from public.recent_history_v2 as history
        where history.id > message_after and history.tenant_id = tenant
          and not exists (select from dashboard.message_index as indexed where indexed.message_id = history.id)
      )
  )
  select
    one.session_id,
    max(one.id),
    -- the archive's row is the truth, whatever was left behind among the active ones
    coalesce(max(one.started_at) filter (where one.id is not null), max(one.started_at)),
    max(dialogue.started_at),
    bool_or(one.has_moved)
  from unsettled as one
  left join dashboard.dialogue_index as dialogue on dialogue.tenant_id = tenant and dialogue.session_id = one.session_id
  group by one.session_id;
end
$$;

-- Inside: first_reply for a dialogue that the index does not have as it is, with the messages that it does not have.
-- Called for each of these: planning its query anew each time, as readers of periods do with theirs, would take five
-- times as long as running it.
create function dashboard.first_reply_now(dialogue dashboard.dialogue_index)
returns bigint
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
declare
  ends_at timestamptz := coalesce(dialogue.ended_at, dialogue.last_activity_at, dialogue.started_at) + interval '30 minutes';
  begins_at timestamptz := dialogue.started_at - interval '2 minutes';
  after_id bigint;
  delay_ms bigint;
begin
  select state.message_upto - dashboard.look_back() into strict after_id from dashboard.index_state as state;
  with message as materialized (
    select known.role, known.sent_at
    from dashboard.message_index as known
    where known.tenant_id = dialogue.tenant_id and known.session_id = dialogue.session_id
    union all
    select known.role, known.sent_at
    from dashboard.message_index as known
    where known.tenant_id = dialogue.tenant_id and known.client_id = dialogue.client_id
      and known.session_id is null and known.sent_at between begins_at and ends_at
    union all
    select history.role, history.created_at
    from public.recent_history_v2 as history
    where history.id > after_id and history.tenant_id = dialogue.tenant_id
      and (
        history.session_id = dialogue.session_id
        or (
          history.session_id is null and history.user_id = dialogue.client_id
          and history.created_at between begins_at and ends_at
        )
      )
      and not exists (select from dashboard.message_index as known where known.message_id = history.id)
  ),
  asked as (select min(message.sent_at) as at from message where message.role = 'user')
  select round(extract(epoch from min(message.sent_at) - asked.at) * 1000)
  into delay_ms
  from message
  inner join asked on message.sent_at >= asked.at
  where message.role = 'assistant'
  group by asked.at;
  return delay_ms;
end
$$;

-- Inside: dialogues that the index does not have as they are, as they are. `silent` are those of the index that have
-- nothing but a new message; `archive_ids` the newest rows of those that have ended.
create function dashboard.fresh_dialogues(
  tenant uuid, sessions uuid[], silent uuid[], archive_ids bigint[], replies_from timestamptz
)
returns setof dashboard.dialogue_index
language plpgsql stable
set search_path = ''
as $$
declare
  dialogue dashboard.dialogue_index;
begin
  for dialogue in
    select known.*
    from dashboard.dialogue_index as known
    where known.tenant_id = tenant and known.session_id = any(silent)
    union all
    select source.* from dashboard.archived_sources as source where source.archive_id = any(archive_ids)
    union all
    select source.*
    from dashboard.active_sources as source
    where source.tenant_id = tenant and source.session_id = any(sessions) and source.session_id <> all(silent)
      and not exists (
        select
        from public.conversation_sessions_v2 as archived
        where archived.id = any(archive_ids) and archived.session_id = source.session_id
      )
  loop
    if dialogue.started_at >= replies_from then
      dialogue.first_reply_ms := dashboard.first_reply_now(dialogue);
    end if;
    return next dialogue;
  end loop;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
