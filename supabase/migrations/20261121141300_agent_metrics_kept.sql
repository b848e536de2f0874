-- The figures of a period's runs, read from what is kept: runs themselves are looked at for the other spans only.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- Inside: the points of a period, which are hours of the salon's clock up to two days, else days of its calendar; and
-- the spans that they are read by. A day of the last three that is not kept is read by its hours: but the last, they
-- are.
drop function dashboard.metric_points(timestamptz, timestamptz, text);
create function dashboard.metric_points(
  tenant uuid, from_at timestamptz, until_at timestamptz, zone text, out unit text, out begin_ats timestamptz[],
  out span_points integer[], out span_begin_ats timestamptz[], out span_end_ats timestamptz[]
)
language plpgsql stable
set search_path = ''
as $$
begin
  -- two days are 49 hours when the clocks are put back
  unit := case when until_at - from_at <= interval '49 hours' then 'hour' else 'day' end;
  begin_ats := case unit
    when 'hour' then array(
      select generate_series(date_trunc('hour', from_at, zone), until_at - interval '1 microsecond', interval '1 hour')
    )
    else array(
      select number::timestamp at time zone zone
      from generate_series(
        date_trunc('day', from_at at time zone zone), (until_at - interval '1 microsecond') at time zone zone,
        interval '1 day'
      ) as number
    )
  end;
  begin_ats[1] := from_at;
  select
    array_agg(point.number order by span.begins_at),
    array_agg(span.begins_at order by span.begins_at),
    array_agg(span.ends_at order by span.begins_at)
  into span_points, span_begin_ats, span_end_ats
  from unnest(begin_ats, begin_ats[2:] || until_at) with ordinality as point (begins_at, ends_at, number)
  cross join lateral (
    select
      unit = 'hour' or point.ends_at <= now() - interval '2 days' or exists (
        select
        from dashboard.agent_spans as known
        where
          known.tenant_id = tenant and known.begins_at = point.begins_at and known.ends_at = point.ends_at
      ) as is_whole
  ) as reading
  cross join lateral (
    select point.begins_at, point.ends_at
    where reading.is_whole
    union all
    select greatest(point.begins_at, hour), least(point.ends_at, hour + interval '1 hour')
    from generate_series(
      date_trunc('hour', point.begins_at, zone), point.ends_at - interval '1 microsecond', interval '1 hour'
    ) as hour
    where not reading.is_whole
  ) as span;
end
$$;

-- {"time_zone", "unit": "hour" or "day", "has_runs", "by",
--  "totals": {"runs", "running", "waiting", "done", "error", "stopped", "model_calls", "tool_calls", "failures",
--             "tokens_input", "tokens_output", "tokens_cached", "tokens_reasoning", "unmetered_calls",
--             "unpriced_calls", "costs": [{"currency", "amount"}], "p50_ms", "p95_ms", "timed_calls"},
--  "approvals": {"asked", "approved", "rejected", "unclear", "unanswered", "open", "p50_ms"},
--  "points": [{"begins_at", "runs", "failures", "model_calls", "tokens_input", "tokens_output", "unmetered_calls",
--              "unpriced_calls", "costs", "p50_ms", "p95_ms"}],
--  "rows": [{"name", "runs" (of agents), "calls", "tool_calls" (of agents), "failures", "p50_ms", "p95_ms", "max_ms",
--            "tokens_input", "tokens_output", "unmetered_calls", "unpriced_calls", "costs",
--            "approvals" (of agents that asked)}],
--  "rows_in_all"}
--
-- of the runs that began in the period, and of all their calls. Times are of model calls (in rows of tools: of
-- theirs), within 2.5 %. `costs` are of the calls whose price is known, by currency; where there are only others, there
-- are none. Of tools, nobody tells tokens and cost. Tokens are what is told: `unmetered_calls` tell none.
create or replace function dashboard.agent_metrics(from_at timestamptz, until_at timestamptz, by text default 'model')
returns json
language plpgsql stable security definer
set search_path = ''
-- to sort what is kept before it is summed takes longer than to sum it
set enable_sort = off
set plan_cache_mode = force_generic_plan
as $$
declare
  tenant uuid := dashboard.events_reader();
  sees boolean := dashboard.sees_contacts();
  most_rows constant integer := 100;
  of_agents boolean := agent_metrics.by = 'agent';
  kind_of_rows text := case agent_metrics.by when 'tool' then 'tool' else 'model' end;
  zone text;
  points record;
  answer json;
begin
  perform dashboard.check_moments(from_at, until_at);
  if coalesce(agent_metrics.by, '') not in ('agent', 'model', 'tool') then
    perform dashboard.refuse(
      422, 'grouping_unknown', 'Calls are not told by this.', 'Ask for them by agent, model or tool.'
    );
  end if;
  select profile.time_zone into zone from dashboard.tenant_profiles as profile where profile.tenant_id = tenant;
  points := dashboard.metric_points(tenant, from_at, until_at, zone);

  with span as materialized (
    select place.span::integer as span, place.begins_at, place.ends_at, known.calls, known.run_sums
    from unnest(points.span_begin_ats, points.span_end_ats) with ordinality as place (begins_at, ends_at, span)
    left join dashboard.agent_spans as known
      on known.tenant_id = tenant and known.begins_at = place.begins_at and known.ends_at = place.ends_at
  ),
  missing as materialized (
    select
      array_agg(span.span order by span.span) as spans,
      array_agg(span.begins_at order by span.span) as begin_ats,
      array_agg(span.ends_at order by span.span) as end_ats
    from span
    where span.calls is null
  ),
  told as materialized (
    select points.span_points[span.span] as point, stood.*
    from span
    cross join lateral unnest(span.run_sums) as stood
    union all
    select points.span_points[missing.spans[counted.span]], (counted.sums).*
    from missing
    cross join lateral dashboard.count_runs(tenant, missing.begin_ats, missing.end_ats) as counted
    where missing.spans is not null
  ),
  sums as materialized (
    select points.span_points[span.span] as point, calls.*
    from span
    cross join lateral unnest(span.calls) as calls
    union all
    select points.span_points[missing.spans[counted.span]], (counted.sums).*
    from missing
    cross join lateral dashboard.count_calls(tenant, missing.begin_ats, missing.end_ats) as counted
    where missing.spans is not null
  ),
  -- what is open until a time that has passed is so no more
  answers as materialized (
    select
      asked.agent, asked.name, asked.calls, late.calls as late_calls, asked.buckets, asked.bucket_calls
    from sums as asked
    cross join lateral (
      select count(*) as calls from unnest(asked.deadlines) as deadline where deadline <= now()
    ) as late
    where asked.kind = 'approval'
  ),
  -- histograms: of each point's model calls, of all of them and of the answers of people, and of each row's calls
  spread as (
    select 'point' as scope, sums.point, null as name, place.bucket, sum(place.calls) as calls
    from sums
    cross join lateral unnest(sums.buckets, sums.bucket_calls) as place (bucket, calls)
    where sums.kind = 'timed'
    group by sums.point, place.bucket
  ),
  histogram as (
    select spread.scope, spread.point, spread.name, spread.bucket, spread.calls
    from spread
    union all
    select 'model', null, null, spread.bucket, sum(spread.calls)
    from spread
    group by spread.bucket
    union all
    select 'approval', null, null, place.bucket, sum(place.calls)
    from answers
    cross join lateral unnest(answers.buckets, answers.bucket_calls) as place (bucket, calls)
    group by place.bucket
    union all
    select 'answer', null, answers.agent, place.bucket, sum(place.calls)
    from answers
    cross join lateral unnest(answers.buckets, answers.bucket_calls) as place (bucket, calls)
    where of_agents
    group by answers.agent, place.bucket
    union all
    select 'row', null, case when of_agents then sums.agent else sums.name end, place.bucket, sum(place.calls)
    from sums
    cross join lateral unnest(sums.buckets, sums.bucket_calls) as place (bucket, calls)
    where sums.kind = kind_of_rows
    group by 3, place.bucket
  ),
  quantile as materialized (
    select
      ranked.scope, ranked.point, ranked.name,
      max(ranked.of_all) as calls,
      dashboard.bucket_ms(min(ranked.bucket) filter (where ranked.up_to >= ranked.of_all * 0.5)) as p50_ms,
      dashboard.bucket_ms(min(ranked.bucket) filter (where ranked.up_to >= ranked.of_all * 0.95)) as p95_ms
    from (
      select
        line.scope, line.point, line.name, line.bucket,
        sum(line.calls) over (partition by line.scope, line.point, line.name order by line.bucket) as up_to,
        sum(line.calls) over (partition by line.scope, line.point, line.name) as of_all
      from histogram as line
    ) as ranked
    group by ranked.scope, ranked.point, ranked.name
  ),
  asked as materialized (
    select
      answered.agent, answered.is_all,
      json_build_object(
        'asked', coalesce(answered.asked, 0),
        'approved', coalesce(answered.approved, 0),
        'rejected', coalesce(answered.rejected, 0),
        'unclear', coalesce(answered.unclear, 0),
        'unanswered', coalesce(answered.unanswered, 0),
        'open', coalesce(answered.open, 0),
        'p50_ms', quantile.p50_ms
      ) as figures
    from (
      select
        answers.agent,
        grouping(answers.agent) = 1 as is_all,
        sum(answers.calls) as asked,
        sum(answers.calls) filter (where answers.name = 'approved') as approved,
        sum(answers.calls) filter (where answers.name = 'rejected') as rejected,
        sum(answers.calls) filter (where answers.name = 'unclear') as unclear,
        sum(case answers.name when 'unanswered' then answers.calls else answers.late_calls end) as unanswered,
        sum(answers.calls - answers.late_calls) filter (where answers.name = 'open') as open
      from answers
      group by grouping sets ((answers.agent), ())
    ) as answered
    left join quantile
      on quantile.scope = case when answered.is_all then 'approval' else 'answer' end
      and quantile.name is not distinct from answered.agent
  ),
  -- by currency first, since sums of different money are none
  part as (
    select
      told.agent as name, told.currency,
      sum(told.runs) as runs, sum(told.model_calls) as calls, sum(told.tool_calls) as tool_calls,
      sum(told.failures) as failures, sum(told.tokens_input) as tokens_input, sum(told.tokens_output) as tokens_output,
      sum(told.cost) as cost, sum(told.unpriced_calls) as unpriced_calls
    from told
    where of_agents
    group by told.agent, told.currency
    union all
    select
      sums.name, sums.currency, null, sum(sums.calls), null, sum(sums.failures), sum(sums.tokens_input),
      sum(sums.tokens_output), sum(sums.cost), sum(sums.unpriced_calls)
    from sums
    where sums.kind = kind_of_rows and not of_agents
    group by sums.name, sums.currency
  ),
  line as (
    select
      part.name,
      sum(part.runs) as runs, sum(part.calls) as calls, sum(part.tool_calls) as tool_calls,
      sum(part.failures) as failures, sum(part.tokens_input) as tokens_input,
      sum(part.tokens_output) as tokens_output, sum(part.unpriced_calls) as unpriced_calls,
      coalesce(
        json_agg(
          json_build_object('currency', part.currency, 'amount', part.cost) order by part.cost desc, part.currency
        ) filter (where part.currency is not null and part.calls > part.unpriced_calls), '[]'
      ) as costs
    from part
    group by part.name
  ),
  -- what only the calls themselves tell
  beside as (
    select
      case when of_agents then sums.agent else sums.name end as name,
      max(sums.longest_ms) as max_ms, sum(sums.unmetered_calls) as unmetered_calls
    from sums
    where sums.kind = kind_of_rows
    group by 1
  ),
  listed as (
    select
      case when sees or agent_metrics.by <> 'tool' then line.name else dashboard.mask_contacts(line.name) end as name,
      line.runs, line.calls, line.tool_calls, line.failures, quantile.p50_ms, quantile.p95_ms,
      round(beside.max_ms::numeric, 3) as max_ms, line.tokens_input, line.tokens_output,
      case when agent_metrics.by <> 'tool' then coalesce(beside.unmetered_calls, 0) end as unmetered_calls,
      case when agent_metrics.by <> 'tool' then line.unpriced_calls end as unpriced_calls,
      line.costs,
      asked.figures as approvals
    from line
    left join beside on beside.name is not distinct from line.name
    left join quantile on quantile.scope = 'row' and quantile.name is not distinct from line.name
    left join asked on of_agents and not asked.is_all and asked.agent is not distinct from line.name
    order by line.calls desc, line.runs desc, line.name
    limit most_rows
  )
  select json_build_object(
    'time_zone', zone,
    'unit', points.unit,
    'by', agent_metrics.by,
    'has_runs', exists (select from told)
      or exists (select from dashboard.runs as run where run.tenant_id = tenant),
    'totals', (
      select json_build_object(
        'runs', coalesce(sum(told.runs), 0),
        'running', coalesce(sum(told.runs) filter (where told.status = 'running'), 0),
        'waiting', coalesce(sum(told.runs) filter (where told.status = 'waiting'), 0),
        'done', coalesce(sum(told.runs) filter (where told.status = 'done'), 0),
        'error', coalesce(sum(told.runs) filter (where told.status = 'error'), 0),
        'stopped', coalesce(sum(told.runs) filter (where told.status = 'stopped'), 0),
        'model_calls', coalesce(sum(told.model_calls), 0),
        'tool_calls', coalesce(sum(told.tool_calls), 0),
        'failures', coalesce(sum(told.failures), 0),
        'tokens_input', coalesce(sum(told.tokens_input), 0),
        'tokens_output', coalesce(sum(told.tokens_output), 0),
        'tokens_cached', coalesce(sum(told.tokens_cached), 0),
        'tokens_reasoning', coalesce(sum(told.tokens_reasoning), 0),
        'unmetered_calls', coalesce((select sum(sums.unmetered_calls) from sums), 0),
        'unpriced_calls', coalesce(sum(told.unpriced_calls), 0),
        'costs', coalesce((
          select
            json_agg(
              json_build_object('currency', money.currency, 'amount', money.cost)
              order by money.cost desc, money.currency
            )
          from (
            select by_money.currency, sum(by_money.cost) as cost
            from told as by_money
            group by by_money.currency
            having sum(by_money.model_calls) > sum(by_money.unpriced_calls)
          ) as money
        ), '[]'),
        'p50_ms', (select quantile.p50_ms from quantile where quantile.scope = 'model'),
        'p95_ms', (select quantile.p95_ms from quantile where quantile.scope = 'model'),
        'timed_calls', coalesce((select quantile.calls from quantile where quantile.scope = 'model'), 0)
      )
      from told
    ),
    'approvals', (select asked.figures from asked where asked.is_all),
    'points', (
      select json_agg(
        json_build_object(
          'begins_at', point.begins_at,
          'runs', coalesce(flow.runs, 0),
          'failures', coalesce(flow.failures, 0),
          'model_calls', coalesce(flow.model_calls, 0),
          'tokens_input', coalesce(flow.tokens_input, 0),
          'tokens_output', coalesce(flow.tokens_output, 0),
          'unmetered_calls', coalesce(silent.unmetered_calls, 0),
          'unpriced_calls', coalesce(flow.unpriced_calls, 0),
          'costs', coalesce(flow.costs, '[]'),
          'p50_ms', quantile.p50_ms,
          'p95_ms', quantile.p95_ms
        )
        order by point.point
      )
      from unnest(points.begin_ats) with ordinality as point (begins_at, point)
      left join (
        select
          money.point, sum(money.runs) as runs, sum(money.failures) as failures, sum(money.model_calls) as model_calls,
          sum(money.tokens_input) as tokens_input, sum(money.tokens_output) as tokens_output,
          sum(money.unpriced_calls) as unpriced_calls,
          json_agg(json_build_object('currency', money.currency, 'amount', money.cost) order by money.currency)
            filter (where money.model_calls > money.unpriced_calls) as costs
        from (
          select
            told.point, told.currency, sum(told.runs) as runs,
            sum(told.failures) as failures, sum(told.model_calls) as model_calls,
            sum(told.tokens_input) as tokens_input, sum(told.tokens_output) as tokens_output, sum(told.cost) as cost,
            sum(told.unpriced_calls) as unpriced_calls
          from told
          group by told.point, told.currency
        ) as money
        group by money.point
      ) as flow on flow.point = point.point
      left join (
        select sums.point, sum(sums.unmetered_calls) as unmetered_calls from sums group by sums.point
      ) as silent on silent.point = point.point
      left join quantile on quantile.scope = 'point' and quantile.point = point.point
    ),
    'rows', coalesce((select json_agg(json_strip_nulls(row_to_json(listed))) from listed), '[]'),
    'rows_in_all', (select count(*) from line)
  ) into answer;
  return answer;
end
$$;
grant execute on function dashboard.agent_metrics(timestamptz, timestamptz, text) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
