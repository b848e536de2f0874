-- The index of messages: which dialogue each belongs to, and the words to search for. Never their text.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

create table dashboard.message_index (
  tenant_id uuid not null,
  message_id bigint not null,
  client_id uuid not null,
  -- null: belongs to no dialogue that is known
  session_id uuid,
  -- the bot's row names no dialogue; this one was found by client, channel and time
  is_inferred boolean not null,
  channel text not null,
  role text not null,
  sent_at timestamptz,
  -- stems of Russian and English words, and `t:` with the salon's first eight digits: so one index finds a word in it
  words tsvector not null,
  primary key (tenant_id, message_id)
);
create unique index message_index_message_id on dashboard.message_index (message_id);
create index message_index_session on dashboard.message_index (tenant_id, session_id, sent_at);
create index message_index_client on dashboard.message_index (tenant_id, client_id, sent_at);
create index message_index_words on dashboard.message_index using gin (words);
alter table dashboard.message_index enable row level security; -- no policy, no grant: read through functions

-- How far the indexes have come; one row.
create table dashboard.index_state (
  is_only boolean primary key default true check (is_only),
  archive_upto bigint not null default 0,
  message_upto bigint not null default 0,
  -- up to here, all messages were looked at again in this round
  message_swept bigint not null default 0,
  synced_at timestamptz
);
insert into dashboard.index_state default values;
alter table dashboard.index_state enable row level security; -- no policy, no grant

-- The configuration `russian` stems words in Latin letters as English ones.
create function dashboard.message_words(tenant uuid, message text)
returns tsvector
language sql immutable
set search_path = ''
as $$
  select to_tsvector('pg_catalog.russian', left(message_words.message, 50000)) || array_to_tsvector(array['t:' || left(tenant::text, 8)])
$$;

-- The dialogue that a message belongs to that names none: of the same client, in the same channel, at that time.
-- A client's first words may be older than the session that they begin; the last ones younger than its end.
-- Of several, the nearest in time; of those that were going on, the one that began last.
create function dashboard.inferred_session(tenant uuid, client uuid, via text, moment timestamptz)
returns uuid
language plpgsql stable
set search_path = ''
as $$
declare
  found_session uuid;
begin
  select dialogue.session_id
  into found_session
  from dashboard.dialogue_index as dialogue
  where
    dialogue.tenant_id = inferred_session.tenant
    and dialogue.client_id = inferred_session.client
    and dialogue.started_at <= inferred_session.moment + interval '2 minutes'
    and coalesce(dialogue.ended_at, dialogue.last_activity_at, dialogue.started_at)
    >= inferred_session.moment - interval '30 minutes'
    and (
      dialogue.channel is null or dialogue.channel = inferred_session.via
      or inferred_session.via not in ('telegram', 'whatsapp')
    )
  order by
    greatest(
      dialogue.started_at - inferred_session.moment,
      inferred_session.moment - coalesce(dialogue.ended_at, dialogue.last_activity_at, dialogue.started_at),
      interval '0'
    ),
    dialogue.started_at desc,
    dialogue.session_id desc
  limit 1;
  return found_session;
end
$$;

-- From the client's first message of a dialogue to the answer, by the index of messages.
create function dashboard.first_reply(tenant uuid, session uuid)
returns bigint
language plpgsql stable
set search_path = ''
as $$
declare
  asked_at timestamptz;
  answered_at timestamptz;
begin
  select min(message.sent_at) into asked_at
  from dashboard.message_index as message
  where message.tenant_id = tenant and message.session_id = session and message.role = 'user';
  select min(message.sent_at) into answered_at
  from dashboard.message_index as message
  where message.tenant_id = tenant and message.session_id = session and message.role = 'assistant'
    and message.sent_at >= asked_at;
  return round(extract(epoch from answered_at - asked_at) * 1000)::bigint;
end
$$;

-- Inside: tells the planner of an index that has grown to twice its size. Plans made for the smaller one are kept by
-- connections until then, and would look at far too much; PostgreSQL itself may take minutes to notice.
create function dashboard.analyze_grown_index()
returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  grown regclass;
begin
  for grown in
    select relation.oid
    from pg_catalog.pg_class as relation
    where relation.oid in ('dashboard.dialogue_index'::regclass, 'dashboard.message_index'::regclass)
      and pg_relation_size(relation.oid) > 8192 * 2 * greatest(relation.relpages, 10)
  loop
    execute format('analyze %s', grown);
  end loop;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
