-- What dashboard.overview has taken the place of.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

drop function dashboard.overview_kpis(date, date);
drop function dashboard.dialogues_by_day(date, date);
drop function dashboard.counted_dialogues(uuid, date, date);

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
