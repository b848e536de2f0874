-- Which dialogues are asked for: a JSON object of filters becomes a condition on dashboard.dialogue_index.
--
-- A condition is planned with what it is compared to in it, so that a rare status and a frequent one each get the plan
-- that suits them. Everything that was sent goes through a check of its kind and then through quote_literal.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Checks --------------------------------------------------------------------------------------------------------------

create function dashboard.refuse_filter()
returns void
language plpgsql immutable
set search_path = ''
as $$
begin
  perform dashboard.refuse(
    422, 'filter_invalid', 'A filter has a value that makes no sense.', 'Choose the filters anew.'
  );
end
$$;

create function dashboard.filter_text(value jsonb)
returns text
language plpgsql immutable
set search_path = ''
as $$
begin
  if jsonb_typeof(value) is distinct from 'string' or length(value #>> '{}') > 200 then
    perform dashboard.refuse_filter();
  end if;
  return value #>> '{}';
end
$$;

-- One of these words.
create function dashboard.filter_choice(value jsonb, variadic choices text[])
returns text
language plpgsql immutable
set search_path = ''
as $$
begin
  if dashboard.filter_text(value) <> all(choices) then
    perform dashboard.refuse_filter();
  end if;
  return value #>> '{}';
end
$$;

create function dashboard.filter_boolean(value jsonb)
returns boolean
language plpgsql immutable
set search_path = ''
as $$
begin
  if jsonb_typeof(value) is distinct from 'boolean' then
    perform dashboard.refuse_filter();
  end if;
  return value::boolean;
end
$$;

create function dashboard.filter_number(value jsonb, lowest integer, highest integer)
returns integer
language plpgsql immutable
set search_path = ''
as $$
begin
  if jsonb_typeof(value) is distinct from 'number' or value::numeric not between lowest and highest
    or value::numeric <> trunc(value::numeric)
  then
    perform dashboard.refuse_filter();
  end if;
  return value::integer;
end
$$;

create function dashboard.filter_uuid(value jsonb)
returns uuid
language plpgsql immutable
set search_path = ''
as $$
declare
  asked uuid := dashboard.uuid_or_null(dashboard.filter_text(value));
begin
  if asked is null then
    perform dashboard.refuse_filter();
  end if;
  return asked;
end
$$;

-- null: there is none
create function dashboard.filter_day(value jsonb)
returns date
language plpgsql immutable strict
set search_path = ''
as $$
declare
  parts integer[];
begin
  if dashboard.filter_text(value) !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
    perform dashboard.refuse_filter();
  end if;
  parts := string_to_array(value #>> '{}', '-');
  return make_date(parts[1], parts[2], parts[3]);
exception
  when datetime_field_overflow then
    perform dashboard.refuse_filter();
    return null;
end
$$;

-- A list of texts, in which null stands for rows without one; gives the condition on `expression`.
create function dashboard.filter_values(value jsonb, expression text)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  asked text[];
begin
  if jsonb_typeof(value) is distinct from 'array' or jsonb_array_length(value) not between 1 and 50 then
    perform dashboard.refuse_filter();
  end if;
  asked := array(
    select case when element <> 'null' then dashboard.filter_text(element) end
    from jsonb_array_elements(value) as element
  );
  return format(
    '(%1$s = any(%2$L::text[])%3$s)',
    expression, array_remove(asked, null),
    case when array_position(asked, null) is not null then format(' or %s is null', expression) else '' end
  );
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
