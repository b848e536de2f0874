-- Rollups: figures of whole days, counted once, so that a year costs no more to look at than its days.
--
-- A rollup is what the index of dialogues gave for a day, in the time zone and currency that the salon had. It holds
-- sums only: what cannot be added up (medians, different clients) is read from the index.
-- metrics_collected says which days hold. Whatever changes a dialogue in the index takes its days out of there in the
-- same transaction (forget_collected), and collecting waits for that (collect_days): so a collected day always equals
-- its dialogues in the index.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Tables --------------------------------------------------------------------------------------------------------------

-- Dialogues by the local hour of their start. The day with two hours of one name has them together.
create table dashboard.metrics_hours (
  tenant_id uuid not null,
  day date not null,
  hour smallint not null check (hour between 0 and 23),
  dialogues integer not null,
  -- how many came at least so far: a booking wanted, service chosen, staff or time chosen
  intents integer not null,
  services integer not null,
  slots integer not null,
  bookings integer not null,
  cancelled integer not null,
  escalated integer not null,
  unrecognised_status integer not null,
  unrecognised_drop_off integer not null,
  replies bigint not null,
  -- of the bookings: those with an amount in the salon's currency and their sum; without an amount; with an amount
  -- and no currency
  priced integer not null,
  revenue numeric not null,
  without_amount integer not null,
  without_currency integer not null,
  amount_without_currency numeric not null,
  primary key (tenant_id, day, hour)
);

-- Dialogues by what they name. `key` is as the bot wrote it, '' for dialogues that name none.
--   service   each service of a dialogue, spellings apart
--   staff, channel
--   currency  bookings with an amount; `revenue` is in that currency, elsewhere in the salon's
create table dashboard.metrics_days (
  tenant_id uuid not null,
  day date not null,
  dimension text not null check (dimension in ('service', 'staff', 'channel', 'currency')),
  key text not null,
  dialogues integer not null,
  bookings integer not null,
  revenue numeric not null,
  primary key (tenant_id, day, dimension, key)
);

create table dashboard.metrics_collected (
  tenant_id uuid not null,
  day date not null,
  time_zone text not null,
  currency text not null,
  dialogues integer not null,
  collected_at timestamptz not null,
  primary key (tenant_id, day)
);

-- no policy, no grant: for our own functions only
alter table dashboard.metrics_hours enable row level security;
alter table dashboard.metrics_days enable row level security;
alter table dashboard.metrics_collected enable row level security;

-- Inside --------------------------------------------------------------------------------------------------------------

-- Of two transactions, one that collects days of a salon and one that changes its dialogues, the second waits here.
-- Changing comes before forgetting in its transaction: so either the days are forgotten after they were collected, or
-- they are collected after they were changed.
create function dashboard.lock_collected(tenant uuid)
returns void
language sql volatile
set search_path = ''
as $$
  select pg_advisory_xact_lock(1121, hashtext(tenant::text))
$$;

-- Days on which dialogues stand at these moments, or stood before a change, hold no longer. By the time zone that each
-- was collected in, as its dialogues were.
create function dashboard.forget_collected(tenant uuid, days_from timestamptz[])
returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  perform dashboard.lock_collected(tenant);
  delete from dashboard.metrics_collected as collected
  using unnest(days_from) as moment (at)
  where collected.tenant_id = tenant
    and collected.day between (moment.at at time zone 'UTC')::date - 1 and (moment.at at time zone 'UTC')::date + 1
    and collected.day = (moment.at at time zone collected.time_zone)::date;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
