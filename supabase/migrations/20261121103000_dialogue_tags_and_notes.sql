-- What the people of a salon add to a dialogue: tags and notes. The bot never sees them.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- A dialogue has no row of ours that lives as long as these do: it may still be active, be archived under another key,
-- or be gone from the bot's tables. So both are bound to its session id alone, by no foreign key.

create table dashboard.dialogue_tags (
  tenant_id uuid not null,
  session_id uuid not null,
  tag text not null check (length(tag) between 1 and 40),
  created_by uuid references dashboard.users (user_id) on delete set null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, session_id, tag)
);
create index dialogue_tags_tag on dashboard.dialogue_tags (tenant_id, tag);
create index dialogue_tags_created_by on dashboard.dialogue_tags (created_by);
alter table dashboard.dialogue_tags enable row level security; -- no policy, no grant: for our own functions only

create table dashboard.dialogue_notes (
  note_id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null,
  session_id uuid not null,
  author_id uuid references dashboard.users (user_id) on delete set null,
  -- the name at that moment: it has to outlive the membership of whoever wrote it
  author_name text not null,
  body text not null check (length(body) between 1 and 4000),
  created_at timestamptz not null default now(),
  edited_at timestamptz,
  -- null: the author changed it; nobody's words are changed under another name unseen
  editor_name text
);
create index dialogue_notes_session_id on dashboard.dialogue_notes (tenant_id, session_id, created_at);
create index dialogue_notes_author_id on dashboard.dialogue_notes (author_id);
alter table dashboard.dialogue_notes enable row level security; -- no policy, no grant: for our own functions only

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
