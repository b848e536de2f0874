-- How the panel finds out that Realtime has died without a word: it sends itself a sign of life, by the way that the
-- real messages take, and waits for it.
--
-- Broadcasts come back on the salon's own topic. Changes of the bot's tables come by another way, from the log of the
-- database: for these the panel has a table of its own in the same publication.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- One row for each running panel.
create table dashboard.canaries (
  canary_id uuid primary key,
  beat bigint not null,
  touched_at timestamptz not null default now()
);
create index canaries_touched_at on dashboard.canaries (touched_at);
alter table dashboard.canaries enable row level security;
create policy panels_see_signs_of_life on dashboard.canaries for select to dashboard_live using (true);
grant select (canary_id, beat) on dashboard.canaries to dashboard_live;

-- Sends a sign of life to the topic of the token's salon.
create function dashboard.ring_canary(beat bigint)
returns void
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid := dashboard.live_tenant();
begin
  if tenant is null then
    perform dashboard.refuse(403, 'not_allowed', 'This token names no salon.', 'Use a token of the panel.');
  end if;
  perform dashboard.ring(tenant, 'canary', jsonb_build_object('beat', ring_canary.beat));
end
$$;
grant execute on function dashboard.ring_canary(bigint) to dashboard_live;

-- Changes the panel's own row, to be seen in the changes of tables. What panels left that are gone is removed here too.
create function dashboard.touch_canary(canary uuid, beat bigint)
returns void
language sql volatile security definer
set search_path = ''
as $$
  delete from dashboard.canaries as old where old.touched_at < now() - interval '1 day';
  insert into dashboard.canaries as known (canary_id, beat)
  values (touch_canary.canary, touch_canary.beat)
  on conflict on constraint canaries_pkey do update set beat = excluded.beat, touched_at = now()
$$;
grant execute on function dashboard.touch_canary(uuid, bigint) to dashboard_live;

-- Which of the bot's tables Realtime tells of; the project's operator decides that. Without them the panel looks by the
-- clock.
create function dashboard.published_tables()
returns setof text
language sql stable security definer
set search_path = ''
as $$
  select published.tablename::text
  from pg_catalog.pg_publication_tables as published
  where
    published.pubname = 'supabase_realtime' and published.schemaname = 'public'
    and published.tablename in (
      'tenants_v2', 'clients_v2', 'active_sessions_v2', 'conversation_sessions_v2', 'recent_history_v2', 'wishlist_v2',
      'user_ltm_v2'
    )
  order by 1
$$;
grant execute on function dashboard.published_tables() to dashboard_live;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;

-- Realtime shows a role the columns that it may read: of the bot's tables no more than which row of which salon. It
-- needs the publication, too; where that is refused, everything else still works, by the clock.
do $$
begin
  grant usage on schema public to dashboard_live;
  grant select (id, is_active) on public.tenants_v2 to dashboard_live;
  grant select (id, tenant_id) on public.clients_v2 to dashboard_live;
  grant select (session_id, tenant_id) on public.active_sessions_v2 to dashboard_live;
  grant select (id, tenant_id) on public.conversation_sessions_v2 to dashboard_live;
  grant select (id, tenant_id) on public.recent_history_v2 to dashboard_live;
  grant select (id, tenant_id) on public.wishlist_v2 to dashboard_live;
  grant select (id, tenant_id, user_id) on public.user_ltm_v2 to dashboard_live;
  if exists (select from pg_publication where pubname = 'supabase_realtime') then
    alter publication supabase_realtime add table dashboard.canaries;
  end if;
exception
  when insufficient_privilege then
    raise warning 'dashboard.canaries is not in the publication (%): the bot''s tables are looked at by the clock',
      sqlerrm;
end
$$;

-- The topic of the panel itself, on which nothing is said: changes of tables need one to come by.
do $$
begin
  if to_regclass('realtime.messages') is not null then
    create policy dashboard_machines_join_their_own on realtime.messages
    for select to dashboard_live
    using (extension = 'broadcast' and (select realtime.topic()) = 'panel:bot');
  end if;
exception
  when insufficient_privilege then
    raise warning 'no policy could be put on realtime.messages (%): the bot''s tables are looked at by the clock', sqlerrm;
end
$$;
