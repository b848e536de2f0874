-- Roles, the schema `dashboard`, and default-deny.
--
-- Runs as the project's `postgres`, which is no superuser on a hosted project: everything here needs CREATEROLE and
-- CREATE on the database, nothing more. Roles belong to the whole cluster and may exist already.

-- Roles ---------------------------------------------------------------------------------------------------------------

do $$
declare
  role_name text;
begin
  foreach role_name in array array['anon', 'authenticated', 'service_role', 'authenticator'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      raise exception 'role % is missing', role_name
      using hint = 'This is no Supabase project. Apply the migrations to its database, or start the embedded one.';
    end if;
  end loop;

  -- owner:  owns the schema and what is in it; reads the bot's tables and writes none of them
  -- auth:   sign-in, before there is a person to act as
  -- worker: housekeeping
  -- live:   joins a tenant's Realtime topics, sees no row of any table
  foreach role_name in array array['dashboard_owner', 'dashboard_auth', 'dashboard_worker', 'dashboard_live'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      execute format('create role %I nologin', role_name);
    end if;
  end loop;
end
$$;

-- The API connects as `authenticator` and takes the role that a token names. It must not be able to name the owner.
grant dashboard_auth to authenticator;
grant dashboard_worker to authenticator;
grant dashboard_live to authenticator;

-- To create things for the owner, the runner of the migrations acts as it. From PostgreSQL 16 on, whoever creates a
-- role may administer it but not become it until it is granted by name; on 15 this line is what makes it a member at
-- all.
grant dashboard_owner to current_user;

-- Schema --------------------------------------------------------------------------------------------------------------

create schema if not exists dashboard authorization dashboard_owner;
comment on schema dashboard is 'The control panel''s own data and its only door to the bot''s tables.';

revoke all on schema dashboard from public;
grant usage on schema dashboard to authenticated, dashboard_auth, dashboard_worker;

-- Default-deny --------------------------------------------------------------------------------------------------------

-- PostgreSQL lets everybody execute a new function. Taken back before the first function exists, and for every schema:
-- a default that is given globally cannot be revoked for one schema alone.
alter default privileges for role dashboard_owner revoke execute on functions from public;
alter default privileges for role dashboard_owner revoke usage on types from public;

-- Every later file acts as the owner between these two lines:
--   select set_config('dashboard.migrator', current_user, false); set role dashboard_owner;
--   do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
-- `reset role` would be shorter and wrong: `supabase db push` may log in as another role that became `postgres`, and
-- writes its ledger after the file's last statement.
