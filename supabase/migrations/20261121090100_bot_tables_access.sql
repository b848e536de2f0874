-- Read access to the bot's tables, and to nothing else of `public`.
--
-- The bot owns these tables. Nothing is altered here: no policy, trigger, column, index or foreign key. The API's roles
-- get nothing either: PostgREST serves whatever they may read, and a row there is filtered by no tenant.

do $$
declare
  table_name text;
begin
  foreach table_name in array array[
    'tenants_v2', 'clients_v2', 'active_sessions_v2', 'conversation_sessions_v2', 'recent_history_v2', 'wishlist_v2',
    'user_ltm_v2', 'agent_trajectories_v2', 'guardian_subscriptions_v2'
  ] loop
    if to_regclass('public.' || table_name) is null then
      raise exception 'table public.% is missing', table_name
      using hint = 'The panel reads the tables of the bot. Apply the migrations to the database that the bot uses.';
    end if;
    execute format('grant select on public.%I to dashboard_owner', table_name);
  end loop;
end
$$;

grant usage on schema public to dashboard_owner;
