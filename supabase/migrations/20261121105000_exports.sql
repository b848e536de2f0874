-- Exports are on record: who took which dialogues out of the panel, and how many.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Says what the panel is about to send; called before the first row leaves. `filters` are those of list_dialogues.
create function dashboard.note_export(request_id uuid, format text, filters jsonb, rows bigint)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid;
  replay jsonb;
  details jsonb;
begin
  perform dashboard.require('dialogues.read');
  tenant := dashboard.require_tenant();
  details := jsonb_build_object('format', note_export.format, 'filters', note_export.filters, 'rows', note_export.rows);
  replay := dashboard.begin_write(note_export.request_id, 'note_export', details);
  if replay is not null then
    return replay;
  end if;

  if coalesce(note_export.format, '') not in ('csv', 'xlsx') then
    perform dashboard.refuse(422, 'format_unknown', 'There is no such format.', 'Choose csv or xlsx.');
  end if;
  if jsonb_typeof(note_export.filters) is distinct from 'object' or length(note_export.filters::text) > 20000 then
    perform dashboard.refuse(
      422, 'filters_invalid', 'Filters are an object of at most 20,000 characters.', 'Send the filters of the list.'
    );
  end if;
  if coalesce(note_export.rows, -1) < 0 then
    perform dashboard.refuse(
      422, 'rows_invalid', 'The number of rows is missing or negative.', 'Send how many rows there are.'
    );
  end if;

  return dashboard.finish_write(
    note_export.request_id, tenant, 'dialogues.exported', null, details, jsonb_build_object('noted', true)
  );
end
$$;
grant execute on function dashboard.note_export(uuid, text, jsonb, bigint) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
