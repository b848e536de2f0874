"""What a project's operator has to put right by hand, as we alter nothing outside of `dashboard`."""

from dataclasses import dataclass

import asyncpg

from migrate.runner import CONNECT_TIMEOUT

BOT_TABLES = (
    "tenants_v2", "clients_v2", "active_sessions_v2", "conversation_sessions_v2", "recent_history_v2",
    "wishlist_v2", "user_ltm_v2", "agent_trajectories_v2", "guardian_subscriptions_v2",
)  # fmt: skip


LIVE_TABLES = ("active_sessions_v2", "conversation_sessions_v2", "recent_history_v2")
"""Without these, pages are not live."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, and the statement (or the step) that puts it right."""

    problem: str
    remedy: str


# Row security with no policy that shows everything hides rows without an error: figures would be wrong,
# not absent.
_HIDDEN = """
select bot.name, has_table_privilege('dashboard_owner', bot.oid, 'select') as granted
from (select name, to_regclass('public.' || name)::oid as oid from unnest($1::text[]) as name) as bot
inner join pg_class on pg_class.oid = bot.oid
where not has_table_privilege('dashboard_owner', bot.oid, 'select')
  or (
    pg_class.relrowsecurity
    and (
      not exists (
        select from pg_policy
        where polrelid = bot.oid and polpermissive and polcmd in ('r', '*')
          and (0 = any (polroles) or exists (
            select from unnest(polroles) as role
            where role <> 0 and pg_has_role('dashboard_owner', role, 'usage')
          ))
          and pg_get_expr(polqual, polrelid) = 'true'
      )
      or exists (
        select from pg_policy
        where polrelid = bot.oid and not polpermissive and polcmd in ('r', '*')
          and (0 = any (polroles) or exists (
            select from unnest(polroles) as role
            where role <> 0 and pg_has_role('dashboard_owner', role, 'usage')
          ))
          and pg_get_expr(polqual, polrelid) is distinct from 'true'
      )
    )
  )
order by bot.name
"""

# The panel's people act as `authenticated`: what that role may read, the API hands out, of every tenant.
_EXPOSED = """
select bot.name
from (select name, to_regclass('public.' || name)::oid as oid from unnest($1::text[]) as name) as bot
inner join pg_class on pg_class.oid = bot.oid
where exists (
  select from unnest(array['anon', 'authenticated']) as reader
  where has_any_column_privilege(reader, bot.oid, 'select')
    and (
      not pg_class.relrowsecurity
      or exists (
        select from pg_policy
        where polrelid = bot.oid and polpermissive and polcmd in ('r', '*')
          and (0 = any (polroles) or reader::regrole::oid = any (polroles))
          and pg_get_expr(polqual, polrelid) = 'true'
      )
    )
)
order by bot.name
"""

_LISTENING = """
select coalesce(
  (
    select count(*) = 2 and has_table_privilege('dashboard_live', to_regclass('realtime.messages'), 'select')
    from pg_policy
    where polrelid = to_regclass('realtime.messages')
      and polname in ('dashboard_people_listen', 'dashboard_machines_listen')
  ),
  false
)
"""

# Realtime shows nobody a row that row security hides, and says nothing about it.
_UNHEARD = """
select published.tablename as name
from pg_publication_tables as published
inner join pg_class on pg_class.oid = to_regclass('public.' || published.tablename)::oid
where published.pubname = 'supabase_realtime' and published.schemaname = 'public'
  and published.tablename = any ($1::text[]) and pg_class.relrowsecurity
  and not exists (
    select from pg_policy
    where polrelid = pg_class.oid and polpermissive and polcmd in ('r', '*')
      and (0 = any (polroles) or 'dashboard_live'::regrole::oid = any (polroles))
      and pg_get_expr(polqual, polrelid) = 'true'
  )
order by 1
"""

_SIGNS_OF_LIFE = """
select not exists (select from pg_publication where pubname = 'supabase_realtime') or exists (
  select from pg_publication_tables
  where pubname = 'supabase_realtime' and schemaname = 'dashboard' and tablename = 'canaries'
)
"""

# Set on hosted projects by their settings page; where it is not set, the API has its own configuration file.
_EXPOSED_SCHEMAS = """
select substring(setting from '=(.*)$')
from pg_db_role_setting, unnest(setconfig) as setting
where setrole = 'authenticator'::regrole and setting like 'pgrst.db\\_schemas=%'
  and setdatabase in (0, (select oid from pg_database where datname = current_database()))
order by setdatabase desc
limit 1
"""


async def inspect(url: str) -> list[Finding]:
    """Look at a migrated project. Raises asyncpg's errors."""
    connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT, statement_cache_size=0)
    try:
        hidden = await connection.fetch(_HIDDEN, BOT_TABLES)
        exposed = await connection.fetch(_EXPOSED, BOT_TABLES)
        listening = await connection.fetchval(_LISTENING)
        unheard = await connection.fetch(_UNHEARD, LIVE_TABLES)
        has_signs_of_life = await connection.fetchval(_SIGNS_OF_LIFE)
        schemas = await connection.fetchval(_EXPOSED_SCHEMAS)
    finally:
        await connection.close(timeout=CONNECT_TIMEOUT)

    findings = [_hidden(row["name"], granted=row["granted"]) for row in hidden]
    findings += [
        Finding(
            f"public.{row['name']} can be read through the API with any token, whatever the tenant.",
            f"revoke all on public.{row['name']} from anon, authenticated;",
        )
        for row in exposed
    ]
    if not listening:
        findings.append(
            Finding(
                "Nobody may listen to the panel's Realtime topics: pages poll instead of being rung.",
                "Run the end of supabase/migrations/*_realtime_topics.sql in the project's SQL editor.",
            )
        )
    findings += [
        Finding(
            f"Realtime is to tell of public.{row['name']}, but row security hides its rows from the panel.",
            f"create policy dashboard_hears on public.{row['name']} for select to dashboard_live"
            " using (true);",
        )
        for row in unheard
    ]
    if not has_signs_of_life:
        findings.append(
            Finding(
                "The panel cannot see whether Realtime tells of tables: it looks at the bot's by the clock.",
                "alter publication supabase_realtime add table dashboard.canaries;",
            )
        )
    if schemas is not None and "dashboard" not in [name.strip() for name in schemas.split(",")]:
        findings.append(
            Finding(
                "The API does not serve the schema dashboard.",
                "Add it to the exposed schemas in the project's API settings.",
            )
        )
    return findings


def _hidden(table: str, *, granted: bool) -> Finding:
    if not granted:
        return Finding(
            f"The panel may not read public.{table}.", f"grant select on public.{table} to dashboard_owner;"
        )
    return Finding(
        f"Row security hides rows of public.{table} from the panel.",
        f"create policy dashboard_reads on public.{table} for select to dashboard_owner using (true);",
    )
