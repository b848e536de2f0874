-- Schemas, default privileges and the API's change bell of a Supabase project.

do $$
begin
  if (select pg_get_userbyid(datdba) from pg_database where datname = current_database()) <> 'postgres' then
    execute format('alter database %I owner to postgres', current_database());
  end if;
end
$$;

grant usage on schema public to anon, authenticated, service_role;
grant all on schema public to postgres;

-- What `postgres` creates in public is open to the API's roles by default: hosted projects rely on row security there.
-- Our own schema has no such default, and the bot's tables take it back table by table.
do $$
declare
  creator text;
begin
  foreach creator in array array['postgres', current_user::text] loop
    execute format(
      'alter default privileges for role %I in schema public grant all on tables to postgres, anon, authenticated, service_role',
      creator
    );
    execute format(
      'alter default privileges for role %I in schema public grant all on routines to postgres, anon, authenticated, service_role',
      creator
    );
    execute format(
      'alter default privileges for role %I in schema public grant all on sequences to postgres, anon, authenticated, service_role',
      creator
    );
  end loop;
end
$$;

create schema if not exists extensions;
grant usage on schema extensions to anon, authenticated, service_role;
grant all on schema extensions to postgres;

-- Hosted projects have uuid-ossp from the start, and old migrations call its one popular function.
do $$
begin
  if exists (select from pg_available_extensions where name = 'uuid-ossp') then
    create extension if not exists "uuid-ossp" with schema extensions;
  elsif to_regprocedure('extensions.uuid_generate_v4()') is null then
    create function extensions.uuid_generate_v4() returns uuid
    language sql volatile parallel safe
    as 'select gen_random_uuid()';
  end if;
end
$$;

-- The API re-reads its picture of the schema after any change of it.
create or replace function extensions.pgrst_ddl_watch() returns event_trigger
language plpgsql
as $$
begin
  if exists (
    select
    from pg_event_trigger_ddl_commands() as command
    where command.schema_name is distinct from 'pg_temp'
      and command.object_type in (
        'schema', 'table', 'foreign table', 'view', 'materialized view', 'table column', 'function', 'procedure',
        'type', 'domain', 'extension', 'rule', 'trigger'
      )
  ) or tg_tag in ('GRANT', 'REVOKE', 'COMMENT') then
    notify pgrst, 'reload schema';
  end if;
end
$$;

create or replace function extensions.pgrst_drop_watch() returns event_trigger
language plpgsql
as $$
begin
  if exists (
    select
    from pg_event_trigger_dropped_objects() as dropped
    where not dropped.is_temporary
      and dropped.object_type in (
        'schema', 'table', 'foreign table', 'view', 'materialized view', 'table column', 'function', 'procedure',
        'type', 'extension', 'rule', 'trigger'
      )
  ) then
    notify pgrst, 'reload schema';
  end if;
end
$$;

do $$
begin
  if not exists (select from pg_event_trigger where evtname = 'pgrst_ddl_watch') then
    create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
  end if;
  if not exists (select from pg_event_trigger where evtname = 'pgrst_drop_watch') then
    create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_drop_watch();
  end if;
end
$$;
