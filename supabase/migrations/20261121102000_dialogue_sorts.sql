-- Indexes for the orders in which dialogues are listed.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Each serves both directions and both ends: the session id settles ties, and rows without a value, which come last in
-- either direction, are read as a stretch of their own. The order by start has its index already.
create index dialogue_index_activity on dashboard.dialogue_index (tenant_id, last_activity_at, session_id);
create index dialogue_index_messages on dashboard.dialogue_index (tenant_id, messages_count, session_id);
create index dialogue_index_amount on dashboard.dialogue_index (tenant_id, booking_amount, session_id);
create index dialogue_index_reply on dashboard.dialogue_index (tenant_id, first_reply_ms, session_id);

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
