-- How a function says no, and the checks of what comes in.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Refusals ------------------------------------------------------------------------------------------------------------

-- PostgREST turns SQLSTATE PTxyz into HTTP status xyz. The message is a stable code for programs; the detail says
-- what is wrong and the hint what to do next, for people. Neither ever carries what was sent: it may be hostile or
-- private.
create function dashboard.refuse(status integer, code text, detail text, hint text)
returns void
language plpgsql immutable
set search_path = ''
as $$
begin
  raise exception using
    errcode = 'PT' || refuse.status, message = refuse.code, detail = refuse.detail, hint = refuse.hint;
end
$$;

-- Checks --------------------------------------------------------------------------------------------------------------

-- A claim or a piece of the bot's JSON may hold anything; what is no UUID is treated as absent instead of failing
-- the query.
create function dashboard.uuid_or_null(value text)
returns uuid
language sql immutable
as $$
  select case when value ~ '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$' then value::uuid end
$$;

-- Control characters, and the invisible ones that turn the direction of text or hide in it: they serve only to deceive
-- the eye. The zero-width joiner stays allowed, as names in some scripts need it.
create function dashboard.has_control_characters(value text)
returns boolean
language sql immutable
as $$
  select value ~ '[\u0001-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]'
$$;

create function dashboard.checked_name(value text)
returns text
language plpgsql immutable
set search_path = ''
as $$
begin
  if length(btrim(coalesce(value, ''))) not between 1 and 200 or dashboard.has_control_characters(value) then
    perform dashboard.refuse(
      422, 'full_name_invalid', 'The name is empty, longer than 200 characters, or has control characters.',
      'Enter a name of 1 to 200 visible characters.'
    );
  end if;
  return btrim(value);
end
$$;

create function dashboard.checked_email(value text)
returns text
language plpgsql immutable
set search_path = ''
as $$
begin
  -- the length first: no pattern is run over a megabyte
  if length(coalesce(value, '')) not between 3 and 254
    or dashboard.has_control_characters(value)
    or btrim(value) !~ '^[^@[:space:]<>"(),:;\\\[\]]+@[^@[:space:]<>"(),:;\\\[\].]+(\.[^@[:space:]<>"(),:;\\\[\].]+)+$'
  then
    perform dashboard.refuse(
      422, 'email_invalid', 'This is not an e-mail address of at most 254 characters.',
      'Enter an address such as name@example.com.'
    );
  end if;
  return lower(btrim(value));
end
$$;

create function dashboard.checked_hash(value text)
returns bytea
language plpgsql immutable
set search_path = ''
as $$
begin
  if coalesce(value, '') !~ '^[0-9a-f]{64}$' then
    perform dashboard.refuse(
      422, 'hash_malformed', 'A hash is 64 lower-case hexadecimal digits.', 'Send the SHA-256 of the secret, not the secret.'
    );
  end if;
  return decode(value, 'hex');
end
$$;

create function dashboard.checked_password_hash(value text)
returns text
language plpgsql immutable
set search_path = ''
as $$
begin
  if coalesce(value, '') !~ '^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$' then
    perform dashboard.refuse(
      422, 'password_hash_invalid', 'This is not a bcrypt hash.', 'Send the bcrypt hash of the password, not the password.'
    );
  end if;
  return value;
end
$$;

-- What a browser or a proxy says of itself goes into the audit log shortened and without control characters.
create function dashboard.plain_line(value text, max_length integer)
returns text
language sql immutable
as $$
  select nullif(regexp_replace(left(value, max_length), '[\u0001-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]', '', 'g'), '')
$$;

-- Time zones ----------------------------------------------------------------------------------------------------------

-- The names that both PostgreSQL and Python know, spelled as both know them. `at time zone` also takes 'Foo+3' or
-- 'europe/moscow', which Python does not, and pg_timezone_names reads some 600 files at every look: hence a copy.
create table dashboard.time_zones (
  name text primary key
);
alter table dashboard.time_zones enable row level security; -- no policy, no grant: for our own functions only

insert into dashboard.time_zones (name)
select zone.name
from pg_timezone_names as zone
where
  zone.name = 'UTC'
  or zone.name ~ '^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)/';

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
