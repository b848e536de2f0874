-- Starting a job by hand. Prefect runs it; whether a person may ask for it is decided, and kept on record, here.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- A run for the salon needs jobs.run; one for the whole installation concerns every salon, and needs platform.manage.
-- Gives back the salon to run for (null: all), and is the same run however often it is asked for with one request_id.
create function dashboard.ask_job_run(request_id uuid, job text, whole boolean default false)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid := dashboard.require_tenant();
  replay jsonb;
begin
  perform dashboard.require(case when ask_job_run.whole then 'platform.manage' else 'jobs.run' end);
  replay := dashboard.begin_write(
    ask_job_run.request_id, 'ask_job_run', jsonb_build_object('job', ask_job_run.job, 'whole', ask_job_run.whole)
  );
  if replay is not null then
    return replay;
  end if;

  if coalesce(ask_job_run.job, '') !~ '^[a-z][a-z-]{0,62}$' then
    perform dashboard.refuse(422, 'job_unknown', 'There is no such job.', 'Choose one of the jobs on the page.');
  end if;

  return dashboard.finish_write(
    ask_job_run.request_id, case when ask_job_run.whole then null else tenant end, 'job.started', ask_job_run.job,
    jsonb_build_object('whole', ask_job_run.whole),
    jsonb_build_object('tenant_id', case when ask_job_run.whole then null else tenant end)
  );
end
$$;
grant execute on function dashboard.ask_job_run(uuid, text, boolean) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
