-- One dialogue as its page shows it: the row of the index, and what belongs to it in the bot's tables and in ours.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Permission ----------------------------------------------------------------------------------------------------------

insert into dashboard.role_permissions (role, permission)
values
('platform_admin', 'dialogues.annotate'),
('owner', 'dialogues.annotate'),
('admin', 'dialogues.annotate'),
('operator', 'dialogues.annotate');

-- Inside --------------------------------------------------------------------------------------------------------------

-- A dialogue of the caller's salon. One that does not exist and one of another salon are refused in the same words.
create function dashboard.require_dialogue(session uuid)
returns dashboard.dialogue_index
language plpgsql stable
set search_path = ''
as $$
declare
  tenant uuid;
  dialogue dashboard.dialogue_index;
begin
  perform dashboard.require('dialogues.read');
  tenant := dashboard.require_tenant();
  select known.* into dialogue
  from dashboard.dialogue_index as known
  where known.tenant_id = tenant and known.session_id = require_dialogue.session;
  if not found then
    perform dashboard.refuse(
      404, 'dialogue_not_found', 'There is no such dialogue in this salon.', 'Choose one from the list of dialogues.'
    );
  end if;
  return dialogue;
end
$$;

-- Who the dialogue is with, or null. Of how to reach them only the presence, but for those who may read clients.
create function dashboard.client_card(tenant uuid, client uuid)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'client_id', person.id,
      'full_name', nullif(left(person.full_name, 200), ''),
      'phone', case when dashboard.allowed('clients.read') then nullif(left(person.phone, 60), '') end,
      'has_phone', coalesce(person.phone, '') <> '',
      'has_telegram', person.telegram_chat_id is not null,
      'has_whatsapp', coalesce(person.whatsapp_id, '') <> '',
      'created_at', dashboard.on_calendar(person.created_at),
      'dialogues', seen.dialogues,
      'bookings', seen.bookings,
      'first_seen_at', seen.first_seen_at,
      'last_seen_at', seen.last_seen_at
    )
    from public.clients_v2 as person
    cross join lateral (
      select
        count(*) as dialogues,
        count(*) filter (where dialogue.booking_status = 'confirmed') as bookings,
        min(dialogue.started_at) as first_seen_at,
        max(dialogue.last_activity_at) as last_seen_at
      from dashboard.dialogue_index as dialogue
      where dialogue.tenant_id = client_card.tenant and dialogue.client_id = client_card.client
    ) as seen
    where person.id = client_card.client and person.tenant_id = client_card.tenant
  );
end
$$;

-- What the bot remembers of a client, or null. Of what it wrote beside the known keys, the first 30 as plain text, cut,
-- and only for those who may read clients: it may be anything, a phone number too.
create function dashboard.client_memory(tenant uuid, client uuid)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'preferred_staff_id', nullif(left(memory.preferred_staff_id, 200), ''),
      'preferred_service_id', nullif(left(memory.preferred_service_id, 200), ''),
      'preferred_time', nullif(left(memory.preferred_time, 200), ''),
      'language', nullif(left(memory.language, 200), ''),
      'allows_notifications', memory.allow_notifications,
      'updated_at', dashboard.on_calendar(memory.updated_at),
      'last_visit_date', dashboard.json_label(memory.ltm_data -> 'last_visit_date'),
      'visit_interval_days',
      case
        when jsonb_typeof(memory.ltm_data -> 'avg_visit_interval') = 'number'
          and (memory.ltm_data -> 'avg_visit_interval')::numeric between 0 and 100000
          then (memory.ltm_data -> 'avg_visit_interval')::numeric
      end,
      'booking_stats',
      (
        select coalesce(jsonb_agg(jsonb_build_object('key', top.key, 'count', top.times) order by top.times desc, top.key), '[]')
        from (
          select left(stat.key, 200) as key, stat.value::numeric as times
          from jsonb_each(
            case when jsonb_typeof(memory.ltm_data -> 'booking_stats') = 'object'
              then memory.ltm_data -> 'booking_stats' else '{}' end
          ) as stat
          where jsonb_typeof(stat.value) = 'number' and stat.value between '1' and '1000000000'
          order by stat.value desc, stat.key
          limit 5
        ) as top
      ),
      'more',
      (
        select coalesce(jsonb_agg(jsonb_build_object('key', other.key, 'value', other.value) order by other.key), '[]')
        from (
          select left(entry.key, 80) as key, left(entry.value #>> '{}', 300) as value
          from jsonb_each(case when jsonb_typeof(memory.ltm_data) = 'object' then memory.ltm_data else '{}' end) as entry
          where
            entry.key not in ('booking_stats', 'last_visit_date', 'avg_visit_interval')
            and entry.value not in ('null', '""', '{}', '[]')
            and dashboard.allowed('clients.read')
          order by entry.key
          limit 30
        ) as other
      )
    )
    from public.user_ltm_v2 as memory
    where memory.tenant_id = client_memory.tenant and memory.user_id = client_memory.client
  );
end
$$;

-- What the salon calls those of these services that a wish has named, the newest first: {id: title}.
create function dashboard.service_names(tenant uuid, keys text[])
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_object_agg(named.key, named.title), '{}')
    from (
      select distinct on (wish.key) wish.key, wish.title
      from (
        select
          dashboard.json_label(item.meta -> 'service_id') as key,
          dashboard.json_label(item.meta -> 'service_title') as title,
          item.created_at,
          item.id
        from public.wishlist_v2 as item
        where item.tenant_id = service_names.tenant
      ) as wish
      where wish.key = any(service_names.keys) and wish.title is not null
      order by wish.key, wish.created_at desc, wish.id desc
    ) as named
  );
end
$$;

-- May the caller change a note of this author? One's own; those who run the salon, anybody's.
create function dashboard.may_change_note(author uuid)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return dashboard.allowed('dialogues.annotate')
    and (
      author is not distinct from dashboard.current_user_id()
      or dashboard.role_rank(dashboard.current_role_name()) >= dashboard.role_rank('admin')
    );
end
$$;

create function dashboard.note_row(note dashboard.dialogue_notes)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  return jsonb_build_object(
    'note_id', note.note_id, 'author_name', note.author_name, 'body', note.body, 'created_at', note.created_at,
    'edited_at', note.edited_at, 'editor_name', note.editor_name, 'may_change', dashboard.may_change_note(note.author_id)
  );
end
$$;

-- For the page --------------------------------------------------------------------------------------------------------

-- The whole page but the messages. `step` is where a dialogue that goes on stands; `summaries` are what the bot wrote
-- of a finished one; `tags_in_use` are the salon's, the most frequent first, to choose from. Of the bot's ids of staff
-- and services, `staff_names` and `service_names` say what is known to be called what.
create function dashboard.dialogue(session uuid)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  dialogue dashboard.dialogue_index := dashboard.require_dialogue(dialogue.session);
  tenant uuid := dialogue.tenant_id;
  memory jsonb := dashboard.client_memory(tenant, dialogue.client_id);
  staff_keys text[] := array[dialogue.staff_id, memory ->> 'preferred_staff_id']
    || array(select substring(stat.value ->> 'key' from '^staff_(.*)$') from jsonb_array_elements(memory -> 'booking_stats') as stat);
begin
  return (to_jsonb(dialogue) - 'tenant_id' - 'archive_id' - 'source_xmin' - 'is_first')
    || jsonb_build_object(
      'step',
      (
        select left(active.current_step, 200)
        from public.active_sessions_v2 as active
        where dialogue.is_active and active.session_id = dialogue.session_id and active.tenant_id = tenant
      ),
      'summaries',
      (
        select coalesce(jsonb_agg(written.text order by written.place), '[]')
        from public.conversation_sessions_v2 as archived
        cross join lateral (
          values (1, btrim(left(archived.summary, 4000))), (2, btrim(left(archived.final_summary, 4000)))
        ) as written (place, text)
        where
          archived.id = dialogue.archive_id and archived.tenant_id = tenant
          and written.text <> ''
          and (written.place = 1 or written.text is distinct from btrim(left(archived.summary, 4000)))
      ),
      'client', dashboard.client_card(tenant, dialogue.client_id),
      'memory', memory,
      'staff_names',
      (
        select coalesce(jsonb_object_agg(found.staff_id, found.staff_name), '{}')
        from dashboard.staff_names(tenant, staff_keys) as found
      ),
      'service_names', dashboard.service_names(tenant, array[memory ->> 'preferred_service_id']),
      'tags',
      (
        select coalesce(jsonb_agg(label.tag order by label.created_at, label.tag), '[]')
        from dashboard.dialogue_tags as label
        where label.tenant_id = tenant and label.session_id = dialogue.session_id
      ),
      'tags_in_use',
      (
        select coalesce(jsonb_agg(used.tag order by used.times desc, used.tag), '[]')
        from (
          select label.tag, count(*) as times
          from dashboard.dialogue_tags as label
          where label.tenant_id = tenant
          group by label.tag
          order by times desc, label.tag
          limit 50
        ) as used
      ),
      'notes',
      (
        select coalesce(jsonb_agg(dashboard.note_row(note) order by note.created_at, note.note_id), '[]')
        from dashboard.dialogue_notes as note
        where note.tenant_id = tenant and note.session_id = dialogue.session_id
      )
    );
end
$$;
grant execute on function dashboard.dialogue(uuid) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
