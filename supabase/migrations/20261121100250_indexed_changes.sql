-- What the indexing found goes into the log of changes, for open pages to follow.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: tells of what has become of dialogues and messages (`dashboard.changes`). Where that is more than anybody
-- follows one by one, as when the index is first filled, a salon gets one change that names none. A dialogue's
-- beginning, end and booking are told once, and only on the day on which they happen.
create function dashboard.note_indexed(
  tenants uuid[], sessions uuid[], message_tenants uuid[], message_ids bigint[]
)
returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  followed constant integer := 500;
begin
  with touched as (
    select distinct pair.tenant_id, pair.session_id
    from unnest(note_indexed.tenants, note_indexed.sessions) as pair (tenant_id, session_id)
  ),
  counted as (
    select touched.*, count(*) over (partition by touched.tenant_id) <= followed as is_followed
    from touched
  ),
  milestones as (
    select dialogue.tenant_id, milestone.kind, milestone.rank, dialogue.session_id, milestone.happened_at
    from counted
    inner join dashboard.dialogue_index as dialogue
      on dialogue.tenant_id = counted.tenant_id and dialogue.session_id = counted.session_id
    cross join lateral (
      values
      ('started', 0, dialogue.started_at, true),
      ('booked', 2, coalesce(dialogue.ended_at, dialogue.last_activity_at), dialogue.booking_id is not null),
      ('ended', 3, dialogue.ended_at, not dialogue.is_active)
    ) as milestone (kind, rank, happened_at, is_so)
    where counted.is_followed and milestone.is_so and milestone.happened_at > now() - interval '1 day'
  ),
  messages as (
    select
      message.tenant_id, message.message_id, message.session_id, message.sent_at,
      coalesce(message.sent_at > now() - interval '1 day', false) as is_followed
    from unnest(note_indexed.message_tenants, note_indexed.message_ids) as pair (tenant_id, message_id)
    inner join dashboard.message_index as message
      on message.tenant_id = pair.tenant_id and message.message_id = pair.message_id
  )
  insert into dashboard.changes (tenant_id, stream, kind, session_id, message_id)
  select told.tenant_id, told.stream, told.kind, told.session_id, told.message_id
  from (
    select distinct
      counted.tenant_id, 'dialogues' as stream, 'changed' as kind, 0 as rank,
      case when counted.is_followed then counted.session_id end as session_id, null::bigint as message_id,
      null::timestamptz as happened_at
    from counted
    union all
    select distinct messages.tenant_id, 'messages', 'changed', 0, null::uuid, null::bigint, null::timestamptz
    from messages
    where not messages.is_followed
    union all
    select milestones.tenant_id, 'dialogues', milestones.kind, milestones.rank, milestones.session_id, null,
      milestones.happened_at
    from milestones
    union all
    select messages.tenant_id, 'messages', 'message', 1, messages.session_id, messages.message_id, messages.sent_at
    from messages
    where messages.is_followed
  ) as told
  -- as it happened: a dialogue that ended since the last look ends after its last words
  order by told.happened_at nulls first, told.rank, told.message_id
  on conflict (tenant_id, session_id, kind) where kind in ('started', 'ended', 'booked') do nothing;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
