-- Roles of a Supabase project. They belong to the whole cluster, hence "if there is none yet".

do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      -- the migration runner: powerful, but no superuser, as on a hosted project
      ('postgres',                'login createdb createrole replication bypassrls'),
      -- the roles that a token can name
      ('anon',                    'nologin'),
      ('authenticated',           'nologin'),
      ('service_role',            'nologin bypassrls'),
      -- the role that the API connects with, powerless until it takes one of the three
      ('authenticator',           'login noinherit'),
      -- owners of the platform's own schemas
      ('supabase_auth_admin',     'login noinherit createrole'),
      ('supabase_realtime_admin', 'login noinherit createrole replication')
    ) as role_list (role_name, options)
  loop
    if not exists (select from pg_roles where rolname = wanted.role_name) then
      execute format('create role %I %s', wanted.role_name, wanted.options);
    end if;
  end loop;
end
$$;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to supabase_realtime_admin;
grant anon, authenticated, service_role to postgres with admin option;
-- A hosted project lets `postgres` write policies on realtime.messages through an extension that the wheel lacks; owning
-- the table by membership is the nearest thing. It allows more than hosted does: there, `postgres` can hand on SELECT
-- on realtime.messages but not INSERT, so a sender has to be a SECURITY DEFINER function that `postgres` owns.
grant supabase_realtime_admin to postgres;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';
