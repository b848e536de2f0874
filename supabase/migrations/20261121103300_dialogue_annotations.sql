-- Writing and removing notes and tags of a dialogue. What a note says never gets into the audit log.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Checks --------------------------------------------------------------------------------------------------------------

-- A note as it is kept: lines and tabs stay, other control characters and invisible ones that mislead are left out.
create function dashboard.checked_note(value text)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  body text;
begin
  -- the length first: no pattern is run over a megabyte
  if length(coalesce(value, '')) <= 8000 then
    body := btrim(
      regexp_replace(
        replace(value, e'\r\n', e'\n'),
        '[\u0001-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]', '', 'g'
      ), e' \t\n'
    );
  end if;
  if length(coalesce(body, '')) not between 1 and 4000 then
    perform dashboard.refuse(
      422, 'note_invalid', 'The note is empty or longer than 4,000 characters.', 'Write 1 to 4,000 characters.'
    );
  end if;
  return body;
end
$$;

-- A tag as it is kept: without blanks at its ends, and with one between words.
create function dashboard.checked_tag(value text)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  tag text;
begin
  if length(coalesce(value, '')) <= 400 and not dashboard.has_control_characters(value) then
    tag := btrim(regexp_replace(value, '[\s\u00a0]+', ' ', 'g'));
  end if;
  -- a dash alone stands for "no tag" in the list's filter
  if length(coalesce(tag, '')) not between 1 and 40 or tag = '-' then
    perform dashboard.refuse(
      422, 'tag_invalid', 'The tag is empty, longer than 40 characters, or has characters that cannot be seen.',
      'Enter a tag of 1 to 40 visible characters.'
    );
  end if;
  return tag;
end
$$;

-- A note of the caller's salon that the caller may change.
create function dashboard.changeable_note(note uuid)
returns dashboard.dialogue_notes
language plpgsql volatile
set search_path = ''
as $$
declare
  tenant uuid := dashboard.require_tenant();
  found_note dashboard.dialogue_notes;
begin
  select kept.* into found_note
  from dashboard.dialogue_notes as kept
  where kept.note_id = changeable_note.note and kept.tenant_id = tenant
  for update;
  if not found then
    perform dashboard.refuse(
      404, 'note_not_found', 'There is no such note in this salon.', 'Look at the dialogue again: it may have been removed.'
    );
  end if;
  if not dashboard.may_change_note(found_note.author_id) then
    perform dashboard.refuse(
      403, 'note_of_another', 'This note is somebody else''s.', 'Ask its author, or an administrator of the salon.'
    );
  end if;
  return found_note;
end
$$;

-- The name by which the salon knows the caller; a platform administrator has it from the account.
create function dashboard.own_name(tenant uuid)
returns text
language plpgsql stable
set search_path = ''
as $$
declare
  person uuid := dashboard.current_user_id();
begin
  return coalesce(
    (
      select membership.known_as
      from dashboard.memberships as membership
      where membership.user_id = person and membership.tenant_id = own_name.tenant
    ),
    (select users.full_name from dashboard.users where users.user_id = person)
  );
end
$$;

-- Notes ---------------------------------------------------------------------------------------------------------------

create function dashboard.add_note(request_id uuid, session uuid, body text)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  replay jsonb;
  dialogue dashboard.dialogue_index;
  note dashboard.dialogue_notes;
begin
  perform dashboard.require('dialogues.annotate');
  replay := dashboard.begin_write(
    add_note.request_id, 'add_note', jsonb_build_object('session', add_note.session, 'body', add_note.body)
  );
  if replay is not null then
    return replay;
  end if;

  dialogue := dashboard.require_dialogue(add_note.session);
  if (
    select count(*) >= 200
    from dashboard.dialogue_notes as kept
    where kept.tenant_id = dialogue.tenant_id and kept.session_id = dialogue.session_id
  ) then
    perform dashboard.refuse(
      409, 'too_many_notes', 'The dialogue has 200 notes already.', 'Remove those that nobody needs any more.'
    );
  end if;
  insert into dashboard.dialogue_notes (tenant_id, session_id, author_id, author_name, body)
  values (
    dialogue.tenant_id, dialogue.session_id, dashboard.current_user_id(), dashboard.own_name(dialogue.tenant_id),
    dashboard.checked_note(add_note.body)
  )
  returning * into note;

  return dashboard.finish_write(
    add_note.request_id, dialogue.tenant_id, 'dialogue.note_added', dialogue.session_id::text,
    jsonb_build_object('note_id', note.note_id), dashboard.note_row(note)
  );
end
$$;
grant execute on function dashboard.add_note(uuid, uuid, text) to authenticated;

create function dashboard.edit_note(request_id uuid, note uuid, body text)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  replay jsonb;
  kept dashboard.dialogue_notes;
begin
  perform dashboard.require('dialogues.annotate');
  replay := dashboard.begin_write(
    edit_note.request_id, 'edit_note', jsonb_build_object('note', edit_note.note, 'body', edit_note.body)
  );
  if replay is not null then
    return replay;
  end if;

  kept := dashboard.changeable_note(edit_note.note);
  update dashboard.dialogue_notes as changed
  set body = dashboard.checked_note(edit_note.body),
      edited_at = now(),
      editor_name = case
        when kept.author_id is distinct from dashboard.current_user_id() then dashboard.own_name(kept.tenant_id)
      end
  where changed.note_id = kept.note_id
  returning changed.* into kept;

  return dashboard.finish_write(
    edit_note.request_id, kept.tenant_id, 'dialogue.note_edited', kept.session_id::text,
    jsonb_build_object('note_id', kept.note_id), dashboard.note_row(kept)
  );
end
$$;
grant execute on function dashboard.edit_note(uuid, uuid, text) to authenticated;

create function dashboard.remove_note(request_id uuid, note uuid)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  replay jsonb;
  kept dashboard.dialogue_notes;
begin
  perform dashboard.require('dialogues.annotate');
  replay := dashboard.begin_write(
    remove_note.request_id, 'remove_note', jsonb_build_object('note', remove_note.note)
  );
  if replay is not null then
    return replay;
  end if;

  kept := dashboard.changeable_note(remove_note.note);
  delete from dashboard.dialogue_notes as gone where gone.note_id = kept.note_id;

  return dashboard.finish_write(
    remove_note.request_id, kept.tenant_id, 'dialogue.note_removed', kept.session_id::text,
    jsonb_build_object('note_id', kept.note_id, 'author', kept.author_name), jsonb_build_object('note_id', kept.note_id)
  );
end
$$;
grant execute on function dashboard.remove_note(uuid, uuid) to authenticated;

-- Tags ----------------------------------------------------------------------------------------------------------------

-- A tag that the salon writes in other letters already is taken as it is there, so that "VIP" and "vip" are one.
create function dashboard.add_tag(request_id uuid, session uuid, tag text)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  replay jsonb;
  dialogue dashboard.dialogue_index;
  label text;
begin
  perform dashboard.require('dialogues.annotate');
  replay := dashboard.begin_write(
    add_tag.request_id, 'add_tag', jsonb_build_object('session', add_tag.session, 'tag', add_tag.tag)
  );
  if replay is not null then
    return replay;
  end if;

  dialogue := dashboard.require_dialogue(add_tag.session);
  label := dashboard.checked_tag(add_tag.tag);
  label := coalesce(
    (
      select used.tag
      from dashboard.dialogue_tags as used
      where used.tenant_id = dialogue.tenant_id and lower(used.tag) = lower(label)
      order by used.tag <> label, used.created_at
      limit 1
    ),
    label
  );
  if (
    select count(*) >= 20
    from dashboard.dialogue_tags as kept
    where kept.tenant_id = dialogue.tenant_id and kept.session_id = dialogue.session_id and kept.tag <> label
  ) then
    perform dashboard.refuse(
      409, 'too_many_tags', 'The dialogue has 20 tags already.', 'Remove those that nobody needs any more.'
    );
  end if;
  insert into dashboard.dialogue_tags (tenant_id, session_id, tag, created_by)
  values (dialogue.tenant_id, dialogue.session_id, label, dashboard.current_user_id())
  on conflict on constraint dialogue_tags_pkey do nothing;

  return dashboard.finish_write(
    add_tag.request_id, dialogue.tenant_id, 'dialogue.tag_added', dialogue.session_id::text,
    jsonb_build_object('tag', label), jsonb_build_object('tag', label)
  );
end
$$;
grant execute on function dashboard.add_tag(uuid, uuid, text) to authenticated;

-- Removing what is not there is no error: somebody else was first.
create function dashboard.remove_tag(request_id uuid, session uuid, tag text)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  replay jsonb;
  dialogue dashboard.dialogue_index;
begin
  perform dashboard.require('dialogues.annotate');
  replay := dashboard.begin_write(
    remove_tag.request_id, 'remove_tag', jsonb_build_object('session', remove_tag.session, 'tag', remove_tag.tag)
  );
  if replay is not null then
    return replay;
  end if;

  dialogue := dashboard.require_dialogue(remove_tag.session);
  delete from dashboard.dialogue_tags as gone
  where gone.tenant_id = dialogue.tenant_id and gone.session_id = dialogue.session_id and gone.tag = remove_tag.tag;

  return dashboard.finish_write(
    remove_tag.request_id, dialogue.tenant_id, 'dialogue.tag_removed', dialogue.session_id::text,
    jsonb_build_object('tag', left(remove_tag.tag, 40)), jsonb_build_object('tag', left(remove_tag.tag, 40))
  );
end
$$;
grant execute on function dashboard.remove_tag(uuid, uuid, text) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
