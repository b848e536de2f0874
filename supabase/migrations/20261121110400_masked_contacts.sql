-- Clients' telephone numbers and e-mail addresses in what agents told, for readers who may not see them.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Addresses keep their domain and numbers their last two digits, so that two can be told apart. A number is ten to
-- fifteen digits, with a plus or with the usual signs between them, or eleven that begin with 7 or 8; ids and times in
-- milliseconds are none.
create function dashboard.mask_contacts(value text)
returns text
language plpgsql immutable
set search_path = ''
as $$
begin
  if value !~ '@|[0-9][0-9 ()-]{6}' then
    return value;
  end if;
  return regexp_replace(
    regexp_replace(
      value, '[[:alnum:]._%+-]{1,64}@([[:alnum:]-]{1,63}(\.[[:alnum:]-]{1,63})+)', '•••@\1', 'g'
    ),
    '(?<![[:alnum:]])('
    '\+[0-9][0-9 ().-]{7,17}'
    '|[78][ (-]{0,2}[0-9]{3}[0-9 ()-]{5,12}'
    '|\(?[0-9]{3}\)?[ -][0-9]{3}[ -]?[0-9]{2}[ -]?'
    ')([0-9]{2})(?![[:alnum:]])',
    '•••\2', 'g'
  );
end
$$;

-- The same in every text, and every number that reads as one, of a JSON value.
create function dashboard.mask_contacts_in(value jsonb)
returns jsonb
language plpgsql immutable
set search_path = ''
as $$
begin
  return case jsonb_typeof(value)
    when 'string' then to_jsonb(dashboard.mask_contacts(value #>> '{}'))
    when 'number' then
      case
        when dashboard.mask_contacts(value #>> '{}') = value #>> '{}' then value
        else to_jsonb(dashboard.mask_contacts(value #>> '{}'))
      end
    when 'array' then (
      select coalesce(jsonb_agg(dashboard.mask_contacts_in(item.value) order by item.ordinality), '[]')
      from jsonb_array_elements(value) with ordinality as item
    )
    when 'object' then (
      select coalesce(jsonb_object_agg(dashboard.mask_contacts(field.key), dashboard.mask_contacts_in(field.value)), '{}')
      from jsonb_each(value) as field
    )
    else value
  end;
end
$$;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
