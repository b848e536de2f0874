-- What happens in the salon's dialogues right now, as one stream: messages, and dialogues that begin, book and end.
--
-- It is the log of changes (`dashboard.changes`) with what each of them is about, read from the bot's tables when it is
-- asked for; a message that the bot has removed since has no text any more.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: one row of the feed.
create function dashboard.feed_row(change dashboard.changes)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'place', format('%s:%s', change.xid, change.change_id),
    'kind', change.kind,
    'at', case change.kind
      when 'message' then coalesce(dashboard.on_calendar(history.created_at), change.changed_at)
      when 'started' then coalesce(dialogue.started_at, change.changed_at)
      when 'ended' then coalesce(dialogue.ended_at, change.changed_at)
      -- seen as it was made; or after the dialogue had ended, then not later than that
      when 'booked' then least(change.changed_at, coalesce(dialogue.ended_at, dialogue.last_activity_at))
      else change.changed_at
    end,
    'session_id', dialogue.session_id,
    'client_name', nullif(left(btrim(client.full_name), 200), ''),
    'channel', coalesce(dialogue.channel, left(coalesce(history.channel, message.channel), 200)),
    'role', left(coalesce(history.role, message.role), 200),
    'text', left(history.message, 500),
    'is_cut', coalesce(length(history.message) > 500, false),
    'status', case when change.kind = 'ended' then dialogue.status end,
    'booking_at', case when change.kind = 'booked' then dialogue.booking_at end,
    'booking_amount', case when change.kind = 'booked' then dialogue.booking_amount end,
    'booking_currency', case when change.kind = 'booked' then dialogue.booking_currency end
  )
  from (values (1)) as one (row)
  left join dashboard.message_index as message
    on message.tenant_id = change.tenant_id and message.message_id = change.message_id
  left join public.recent_history_v2 as history
    on history.id = message.message_id and history.tenant_id = change.tenant_id
  left join dashboard.dialogue_index as dialogue
    on dialogue.tenant_id = change.tenant_id and dialogue.session_id = coalesce(message.session_id, change.session_id)
  left join public.clients_v2 as client
    on client.id = coalesce(dialogue.client_id, message.client_id) and client.tenant_id = change.tenant_id
$$;

create index changes_of_the_feed on dashboard.changes (tenant_id, xid, change_id)
where kind in ('message', 'started', 'ended', 'booked');

-- The feed after a place in it, oldest first, or its end without a place. `cursor` is where to read on, `more` says
-- that more can be read at once, `lost` that the place is none of this database any more: then this is its end, too.
-- What waits for an older transaction comes once that has ended, in its order.
create function dashboard.live_feed(after text default null, at_most integer default 100)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  tenant uuid := dashboard.current_tenant();
  settled xid8 := pg_snapshot_xmin(pg_current_snapshot());
  most integer := least(greatest(coalesce(at_most, 100), 1), 500);
  place record;
  told jsonb;
  lost boolean;
begin
  if tenant is null or not dashboard.allowed('dialogues.read') then
    perform dashboard.refuse(
      403, 'not_allowed', 'You may not read the dialogues of this salon.', 'Ask an owner of the salon.'
    );
  end if;
  place := dashboard.change_place(after);
  lost := place.xid > pg_snapshot_xmax(pg_current_snapshot());

  if after is null or lost then
    select coalesce(jsonb_agg(dashboard.feed_row(change) order by change.xid, change.change_id), '[]')
    into told
    from (
      select known.*
      from dashboard.changes as known
      where
        known.tenant_id = tenant and known.xid < settled and known.kind in ('message', 'started', 'ended', 'booked')
      order by known.xid desc, known.change_id desc
      limit most
    ) as change;
    return jsonb_build_object(
      'rows', told, 'cursor', format('%s:0', settled), 'more', false, 'lost', lost
    );
  end if;

  select coalesce(jsonb_agg(dashboard.feed_row(change) order by change.xid, change.change_id), '[]')
  into told
  from (
    select known.*
    from dashboard.changes as known
    where
      known.tenant_id = tenant and (known.xid, known.change_id) > (place.xid, place.change_id) and known.xid < settled
      and known.kind in ('message', 'started', 'ended', 'booked')
    order by known.xid, known.change_id
    limit most
  ) as change;
  return jsonb_build_object(
    'rows', told,
    'cursor', case
      when jsonb_array_length(told) = most then told -> -1 ->> 'place'
      when settled > place.xid then format('%s:0', settled)
      else after
    end,
    'more', jsonb_array_length(told) = most,
    'lost', false
  );
end
$$;
grant execute on function dashboard.live_feed(text, integer) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
