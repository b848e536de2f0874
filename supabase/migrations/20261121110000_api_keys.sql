-- Machines that tell of agents, and those that read of them: a key for each, of one salon, with narrow scopes.

do $$
begin
  -- takes what agents tell, and reads runs for whoever holds a key: nothing without a living key in its token
  if not exists (select from pg_roles where rolname = 'dashboard_ingest') then
    create role dashboard_ingest nologin;
  end if;
end
$$;
grant dashboard_ingest to authenticator;
grant usage on schema dashboard to dashboard_ingest;

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

create table dashboard.api_keys (
  key_id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null,
  name text not null check (length(name) between 1 and 100),
  -- its first characters, for people to tell keys apart by
  prefix text not null check (prefix ~ '^agp_[A-Za-z0-9_-]{8}$'),
  -- SHA-256: a key is 256 random bits, which no list of likely ones has
  key_hash bytea not null unique check (length(key_hash) = 32),
  scopes text[] not null check (scopes <@ array['ingest', 'read', 'control'] and cardinality(scopes) between 1 and 3),
  created_by uuid references dashboard.users (user_id) on delete set null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz,
  revoked_by uuid references dashboard.users (user_id) on delete set null
);
create index api_keys_tenant_id on dashboard.api_keys (tenant_id, created_at);
create index api_keys_created_by on dashboard.api_keys (created_by);
create index api_keys_revoked_by on dashboard.api_keys (revoked_by);
alter table dashboard.api_keys enable row level security; -- no policy, no grant: for our own functions only

-- What a salon wants of its agents' events: what is kept and how long, what is removed, what calls cost.
create table dashboard.telemetry_rules (
  tenant_id uuid primary key,
  -- prompts, answers, arguments and results; without them only what the feed shows is kept
  keeps_prompts boolean not null default true,
  prompt_days integer not null default 30 check (prompt_days between 1 and 3650),
  event_days integer not null default 90 check (event_days between 1 and 3650),
  -- [{"name", "pattern"}]: what else is removed before anything is stored
  patterns jsonb not null default '[]' check (jsonb_typeof(patterns) = 'array'),
  -- [{"model", "input", "output", "cache_read", "cache_write", "reasoning", "currency"}], for a million tokens
  prices jsonb not null default '[]' check (jsonb_typeof(prices) = 'array'),
  currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  -- how much of a currency one US dollar is
  rates jsonb not null default '{}' check (jsonb_typeof(rates) = 'object'),
  updated_at timestamptz not null default now()
);
alter table dashboard.telemetry_rules enable row level security; -- no policy, no grant: for our own functions only

-- Whose key this is, what it may and what its salon wants; null for one that is unknown or revoked. It is asked for
-- with the key's hash, by the panel, which has no salon in its token yet.
create function dashboard.key_claims(key_hash text)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  hash bytea := dashboard.checked_hash(key_claims.key_hash);
begin
  return (
    select jsonb_build_object(
      'key_id', known.key_id,
      'tenant_id', known.tenant_id,
      'scopes', known.scopes,
      'rules', jsonb_build_object(
        'keeps_prompts', coalesce(rules.keeps_prompts, true),
        'patterns', coalesce(rules.patterns, '[]'),
        'prices', coalesce(rules.prices, '[]'),
        'currency', coalesce(rules.currency, 'USD'),
        'rates', coalesce(rules.rates, '{}')
      )
    )
    from dashboard.api_keys as known
    left join dashboard.telemetry_rules as rules on rules.tenant_id = known.tenant_id
    where known.key_hash = hash and known.revoked_at is null
  );
end
$$;
grant execute on function dashboard.key_claims(text) to dashboard_ingest;

-- Notes that a key is in use, to the minute: it is asked after far more often than anybody wants to know.
create function dashboard.note_key_used()
returns void
language sql volatile security definer
set search_path = ''
as $$
  update dashboard.api_keys as known
  set last_used_at = now()
  where
    known.key_id = dashboard.uuid_or_null(dashboard.claim('key_id'))
    and known.tenant_id = dashboard.uuid_or_null(dashboard.claim('tenant_id'))
    and known.revoked_at is null
    and coalesce(known.last_used_at, '-infinity') < now() - interval '1 minute'
    and nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role' = 'dashboard_ingest'
$$;
grant execute on function dashboard.note_key_used() to dashboard_ingest;

-- The salon of the token's key if it lives and has the scope, at this very moment: what the panel remembers of a key
-- does not count. Refuses otherwise.
create function dashboard.require_key(scope text)
returns uuid
language plpgsql stable
set search_path = ''
as $$
declare
  claims jsonb := nullif(current_setting('request.jwt.claims', true), '');
  known dashboard.api_keys;
begin
  if claims ->> 'role' = 'dashboard_ingest' then
    select * into known
    from dashboard.api_keys as one
    where
      one.key_id = dashboard.uuid_or_null(claims -> 'app_metadata' ->> 'key_id')
      and one.tenant_id = dashboard.uuid_or_null(claims -> 'app_metadata' ->> 'tenant_id')
      and one.revoked_at is null;
  end if;
  if known.key_id is null then
    perform dashboard.refuse(401, 'key_invalid', 'This key is unknown or was revoked.', 'Use a living key of the salon.');
  end if;
  if not require_key.scope = any(known.scopes) then
    perform dashboard.refuse(403, 'key_scope', 'This key may not do this.', 'Use a key that has the scope.');
  end if;
  return known.tenant_id;
end
$$;

-- The salon whose runs are read: a person's who may see runs, or a key's with the scope `read`. Refuses anybody else.
create function dashboard.events_reader()
returns uuid
language plpgsql stable
set search_path = ''
as $$
begin
  if nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role' = 'dashboard_ingest' then
    return dashboard.require_key('read');
  end if;
  perform dashboard.require('runs.read');
  return dashboard.require_tenant();
end
$$;

-- Whether the reader may see clients' telephone numbers and addresses. A key never does: it is no person.
create function dashboard.sees_contacts()
returns boolean
language sql stable
set search_path = ''
as $$
  select
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role' = 'authenticated'
    and dashboard.allowed('clients.read')
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
