-- What a salon wants of its agents' events: read and saved by those who may configure it, every part checked.

select set_config('dashboard.migrator', current_user, false);
set role dashboard_owner;

-- The salon's rules; those that hold until somebody saves others.
create function dashboard.telemetry_rules()
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  tenant uuid;
begin
  perform dashboard.require('tenant.configure');
  tenant := dashboard.require_tenant();
  return (
    select jsonb_build_object(
      'keeps_prompts', coalesce(rules.keeps_prompts, true),
      'prompt_days', coalesce(rules.prompt_days, 30),
      'event_days', coalesce(rules.event_days, 90),
      'patterns', coalesce(rules.patterns, '[]'),
      'prices', coalesce(rules.prices, '[]'),
      'currency', coalesce(rules.currency, 'USD'),
      'rates', coalesce(rules.rates, '{}')
    )
    from (select tenant as tenant_id) as salon
    left join dashboard.telemetry_rules as rules on rules.tenant_id = salon.tenant_id
  );
end
$$;
grant execute on function dashboard.telemetry_rules() to authenticated;

-- Inside: the checks. Each gives back what is stored, which has nothing that is not named here.

create function dashboard.checked_patterns(patterns jsonb)
returns jsonb
language plpgsql immutable
set search_path = ''
as $$
declare
  one jsonb;
  checked jsonb := '[]';
begin
  if not (case when jsonb_typeof(patterns) = 'array' then jsonb_array_length(patterns) <= 20 else false end) then
    perform dashboard.refuse(
      422, 'patterns_invalid', 'There may be 20 patterns.', 'Remove one that is no longer needed, or join two with “|”.'
    );
  end if;
  for one in select * from jsonb_array_elements(patterns) loop
    if jsonb_typeof(one -> 'name') is distinct from 'string'
      or length(btrim(one ->> 'name')) not between 1 and 60
      or dashboard.has_control_characters(one ->> 'name') or one ->> 'name' !~ '[^\s\u00a0\u00ad\u200c\u200d]'
    then
      perform dashboard.refuse(
        422, 'pattern_name_invalid', 'A pattern has a name of 1 to 60 visible characters.',
        'Say what it finds, such as “Loyalty card”.'
      );
    end if;
    if jsonb_typeof(one -> 'pattern') is distinct from 'string'
      or length(one ->> 'pattern') not between 1 and 200 or dashboard.has_control_characters(one ->> 'pattern')
    then
      perform dashboard.refuse(
        422, 'pattern_invalid', 'A pattern has 1 to 200 characters, all of them visible.',
        'Shorten it, or make two of it.'
      );
    end if;
    checked := checked || jsonb_build_object('name', btrim(one ->> 'name'), 'pattern', one ->> 'pattern');
  end loop;
  return checked;
end
$$;

-- A price of a million tokens, or a rate. A few digits more than any price needs, and none that a reader could lose.
create function dashboard.is_amount(value jsonb)
returns boolean
language sql immutable
as $$
  select case
    when jsonb_typeof(value) = 'number' and length(value::text) <= 20
      then (value #>> '{}')::numeric between 0 and 1000000000
    else false
  end
$$;

create function dashboard.checked_prices(prices jsonb)
returns jsonb
language plpgsql immutable
set search_path = ''
as $$
declare
  one jsonb;
  checked jsonb := '[]';
begin
  if not (case when jsonb_typeof(prices) = 'array' then jsonb_array_length(prices) <= 100 else false end) then
    perform dashboard.refuse(
      422, 'prices_invalid', 'There may be 100 prices.', 'Remove one, or let one stand for several models with “*”.'
    );
  end if;
  for one in select * from jsonb_array_elements(prices) loop
    if jsonb_typeof(one -> 'model') is distinct from 'string'
      or length(btrim(one ->> 'model')) not between 1 and 200 or dashboard.has_control_characters(one ->> 'model')
    then
      perform dashboard.refuse(
        422, 'price_model_invalid', 'A price is of a model, named in 1 to 200 visible characters.',
        'Enter the name that the agent reports; * stands for any characters.'
      );
    end if;
    if not dashboard.is_amount(one -> 'input') or not dashboard.is_amount(one -> 'output') or exists (
      select
      from unnest(array['cache_read', 'cache_write', 'reasoning']) as kind
      where one ? kind and not dashboard.is_amount(one -> kind)
    ) then
      perform dashboard.refuse(
        422, 'price_invalid', 'A price is a number from 0 up, for a million tokens.',
        'Enter prices of input and output; 0 is free. The others may stay empty.'
      );
    end if;
    if coalesce(one ->> 'currency', '') !~ '^[A-Z]{3}$' then
      perform dashboard.refuse(
        422, 'currency_invalid', 'A currency is three capital letters.', 'Use the ISO 4217 code, such as RUB or EUR.'
      );
    end if;
    checked := checked || jsonb_strip_nulls(jsonb_build_object(
      'model', btrim(one ->> 'model'), 'input', one -> 'input', 'output', one -> 'output',
      'cache_read', one -> 'cache_read', 'cache_write', one -> 'cache_write', 'reasoning', one -> 'reasoning',
      'currency', one ->> 'currency'
    ));
  end loop;
  return checked;
end
$$;

create function dashboard.checked_rates(rates jsonb)
returns jsonb
language plpgsql immutable
set search_path = ''
as $$
begin
  if jsonb_typeof(rates) is distinct from 'object' then
    perform dashboard.refuse(
      422, 'rates_invalid', 'Rates of exchange are given by currency.', 'Send an object of currencies and numbers.'
    );
  end if;
  if (select count(*) > 50 from jsonb_object_keys(rates)) or exists (
    select from jsonb_each(rates) as rate where rate.key !~ '^[A-Z]{3}$' or rate.key = 'USD'
  ) then
    perform dashboard.refuse(
      422, 'rate_currency_invalid', 'There may be 50 rates, each of a currency other than the dollar.',
      'Use ISO 4217 codes, such as RUB or EUR.'
    );
  end if;
  if exists (
    select
    from jsonb_each(rates) as rate
    where not case when dashboard.is_amount(rate.value) then (rate.value #>> '{}')::numeric > 0 else false end
  ) then
    perform dashboard.refuse(
      422, 'rate_invalid', 'A rate of exchange is a number above 0.', 'Say how much of the currency one US dollar is.'
    );
  end if;
  return rates;
end
$$;

-- What is left out becomes what it is without any rules. Patterns are checked to be RE2 by whoever calls: this database
-- has no such engine, and what is no expression for it keeps the salon's events from being stored.
create function dashboard.save_telemetry_rules(
  request_id uuid,
  keeps_prompts boolean default true,
  prompt_days integer default 30,
  event_days integer default 90,
  patterns jsonb default '[]',
  prices jsonb default '[]',
  currency text default 'USD',
  rates jsonb default '{}'
)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  tenant uuid;
  replay jsonb;
  wanted jsonb := jsonb_build_object(
    'keeps_prompts', save_telemetry_rules.keeps_prompts,
    'prompt_days', save_telemetry_rules.prompt_days,
    'event_days', save_telemetry_rules.event_days,
    'patterns', save_telemetry_rules.patterns,
    'prices', save_telemetry_rules.prices,
    'currency', save_telemetry_rules.currency,
    'rates', save_telemetry_rules.rates
  );
  saved dashboard.telemetry_rules;
begin
  perform dashboard.require('tenant.configure');
  tenant := dashboard.require_tenant();
  replay := dashboard.begin_write(save_telemetry_rules.request_id, 'save_telemetry_rules', wanted);
  if replay is not null then
    return replay;
  end if;

  if save_telemetry_rules.keeps_prompts is null then
    perform dashboard.refuse(
      422, 'keeps_prompts_invalid', 'Prompts are kept or not.', 'Choose one of the two.'
    );
  end if;
  if coalesce(save_telemetry_rules.event_days, 0) not between 1 and 3650 then
    perform dashboard.refuse(
      422, 'event_days_invalid', 'Events are kept for 1 to 3,650 days.', 'Enter a whole number of days.'
    );
  end if;
  if coalesce(save_telemetry_rules.prompt_days, 0) not between 1 and save_telemetry_rules.event_days then
    perform dashboard.refuse(
      422, 'prompt_days_invalid', 'Prompts are kept for one day at least, and no longer than events.',
      'Enter fewer days for prompts, or more for events.'
    );
  end if;
  if coalesce(save_telemetry_rules.currency, '') !~ '^[A-Z]{3}$' then
    perform dashboard.refuse(
      422, 'currency_invalid', 'A currency is three capital letters.', 'Use the ISO 4217 code, such as RUB or EUR.'
    );
  end if;

  insert into dashboard.telemetry_rules as rules (
    tenant_id, keeps_prompts, prompt_days, event_days, patterns, prices, currency, rates
  )
  values (
    tenant, save_telemetry_rules.keeps_prompts, save_telemetry_rules.prompt_days, save_telemetry_rules.event_days,
    dashboard.checked_patterns(save_telemetry_rules.patterns), dashboard.checked_prices(save_telemetry_rules.prices),
    save_telemetry_rules.currency, dashboard.checked_rates(save_telemetry_rules.rates)
  )
  on conflict on constraint telemetry_rules_pkey do update
  set keeps_prompts = excluded.keeps_prompts,
      prompt_days = excluded.prompt_days,
      event_days = excluded.event_days,
      patterns = excluded.patterns,
      prices = excluded.prices,
      currency = excluded.currency,
      rates = excluded.rates,
      updated_at = now()
  returning rules.* into saved;

  -- how many, not which: a pattern may tell of what it hides
  return dashboard.finish_write(
    save_telemetry_rules.request_id, tenant, 'telemetry.configured', tenant::text,
    jsonb_build_object(
      'keeps_prompts', saved.keeps_prompts, 'prompt_days', saved.prompt_days, 'event_days', saved.event_days,
      'patterns', jsonb_array_length(saved.patterns), 'prices', jsonb_array_length(saved.prices),
      'currency', saved.currency
    ),
    to_jsonb(saved) - 'tenant_id' - 'updated_at'
  );
end
$$;
grant execute on function dashboard.save_telemetry_rules(
  uuid, boolean, integer, integer, jsonb, jsonb, text, jsonb
) to authenticated;

do $$ begin execute format('set role %I', current_setting('dashboard.migrator')); end $$;
