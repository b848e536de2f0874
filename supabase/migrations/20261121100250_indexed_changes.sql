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
  )
  insert into dashboard.changes (tenant_id, stream, kind, session_id)
  select distinct counted.tenant_id, 'dialogues', 'changed', case when counted.is_followed then counted.session_id end
  from counted
  union all
  select dialogue.tenant_id, 'dialogues', milestone.kind, dialogue.session_id
  from counted
  inner join dashboard.dialogue_index as dialogue
    on dialogue.tenant_id = counted.tenant_id and dialogue.session_id = counted.session_id
  cross join lateral (
    values
    ('started', dialogue.started_at, true),
    ('booked', coalesce(dialogue.ended_at, dialogue.last_activity_at), dialogue.booking_id is not null),
    ('ended', dialogue.ended_at, not dialogue.is_active)
  ) as milestone (kind, happened_at, is_so)
  where counted.is_followed and milestone.is_so and milestone.happened_at > now() - interval '1 day'
  on conflict (tenant_id, session_id, kind) where kind in ('started', 'ended', 'booked') do nothing;

  insert into dashboard.changes (tenant_id, stream, kind, message_id, session_id)
  select told.tenant_id, 'messages', told.kind, told.message_id, told.session_id
  from (
    select
      message.tenant_id, 'message' as kind, message.message_id, message.session_id
    from unnest(note_indexed.message_tenants, note_indexed.message_ids) as pair (tenant_id, message_id)
    inner join dashboard.message_index as message
      on message.tenant_id = pair.tenant_id and message.message_id = pair.message_id
    where message.sent_at > now() - interval '1 day'
    union all
    select distinct message.tenant_id, 'changed', null::bigint, null::uuid
    from unnest(note_indexed.message_tenants, note_indexed.message_ids) as pair (tenant_id, message_id)
    inner join dashboard.message_index as message
      on message.tenant_id = pair.tenant_id and message.message_id = pair.message_id
    where not coalesce(message.sent_at > now() - interval '1 day', false)
  ) as told
  order by told.message_id;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
