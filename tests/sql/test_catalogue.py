"""What the catalogue says of every object in `dashboard`: a new one without a line here fails."""

import asyncpg
import pytest

from models import PERMISSIONS
from tests.sql.world import World

ROLES = (
    "anon", "authenticated", "service_role", "authenticator", "dashboard_auth", "dashboard_worker",
    "dashboard_live", "dashboard_ingest",
)  # fmt: skip

READABLE = {
    "my_tenants": "*",
    "tenant_users": "*",
    "audit_entries": "*",
    "dialogues": "*",
    "my_saved_filters": "*",
    # through the security_invoker views above; harmless columns only
    "users": "email full_name is_active user_id",
    "memberships": "created_at known_as role tenant_id user_id",
    "audit_log": "action actor_id actor_name address audit_id details occurred_at subject tenant_id",
    "saved_filters": "filter_id name query tenant_id updated_at user_id",
}
"""Relation to the columns that `authenticated` may SELECT. Other roles may do nothing, but one:"""

SIGNS_OF_LIFE = {"canaries": {"beat", "canary_id"}}
"""What `dashboard_live` may SELECT, to be told of its changes."""

UNREADABLE = {
    "role_permissions", "time_zones", "write_requests", "auth_sessions", "password_resets", "tenant_settings",
    "tenant_profiles", "all_dialogues", "dialogue_index", "message_index", "index_state", "archived_sources",
    "active_sources", "dialogue_tags", "dialogue_notes",
    "metrics_hours", "metrics_days", "metrics_collected", "changes", "canaries",
    "api_keys", "telemetry_rules", "runs", "run_traces", "events", "event_payloads", "event_streams",
    "event_batches", "expired_runs", "bot_commands", "agent_spans", "event_words", "indexed_streams",
}  # fmt: skip

EXECUTABLE = {
    "authenticated": """
        current_user_id current_tenant current_role_name allowed member_last_seen topic_tenant
        set_preferences save_tenant_settings add_member change_role ask_job_run
        remove_member set_user_active issue_password_reset
        overview salons_overview note_export
        dialogue dialogue_messages add_note edit_note remove_note add_tag remove_tag
        list_dialogues count_dialogues dialogue_facets save_filter remove_saved_filter
        live_feed
        list_api_keys create_api_key revoke_api_key telemetry_rules save_telemetry_rules
        list_runs run run_of_trace run_events trace_events run_export event_detail step_events events_after
        list_bot_runs bot_run_events agent_metrics search_events
        pending_approvals approval_decision list_commands
        decide_approval stop_run stop_all_runs add_plan_task resend_command
    """,
    "dashboard_auth": """
        auth_has_users auth_create_first_admin auth_find_user auth_link_user auth_open_session auth_session
        auth_touch_sessions auth_end_session auth_end_other_sessions auth_note_failure auth_change_password
        auth_peek_reset auth_redeem_reset
    """,
    "dashboard_worker": """
        purge_expired sync_index collectable_tenants uncollected_days collect_days ensure_event_partitions
        expire_runs drop_event_partitions purge_events purge_commands collect_agent_spans
        index_events
        commands_to_send note_sent note_unsent give_up_commands command_counts
    """,
    "dashboard_ingest": """
        key_claims note_key_used append_events
        list_runs run run_of_trace run_events trace_events run_export event_detail step_events events_after
        list_bot_runs bot_run_events search_events
        pending_approvals take_commands answer_command
    """,
    "dashboard_live": "topic_tenant live_tenant changes_after ring_canary touch_canary published_tables",
}

INSIDE = """
    refuse uuid_or_null has_control_characters checked_name checked_email
    checked_hash checked_password_hash plain_line
    role_rank claim require require_tenant write_audit begin_write finish_write
    only_tenant session_is_alive identity
    end_sessions lock_people masked_email set_password member_row begin_people_write manageable_member
    keep_somebody_in_charge checked_role withdraw_resets manages_whole_account adopt_account
    checked_period
    check_period is_closed is_outside_hours lock_collected forget_collected uncollected_runs
    signed_dialogues count_hours count_slices history_is_settled fresh_dialogues begin_reading hours_of
    slices_of period_points figure overview_sums staff_names overview_slices iso_day overview_dialogues
    count_active_now
    on_calendar json_label json_labels is_booking_intent message_words inferred_session first_reply look_back
    put_dialogues drop_dialogues archive_changes active_changes put_messages attach_messages measure_replies
    mark_firsts analyze_grown_index note_indexed ring ring_for_changes note_audited
    change_place change_as_told suspect_range unsettled_dialogues first_reply_now
    require_dialogue client_card client_memory service_names may_change_note note_row
    unindexed_messages message_cursor checked_message_cursor checked_note checked_tag changeable_note own_name
    refuse_filter filter_text filter_choice filter_boolean filter_number filter_uuid filter_day filter_values
    search_query text_near search_excerpt newest_hit period_condition stage_condition clients_condition
    tag_condition search_condition dialogue_condition
    list_cursor checked_list_cursor listed_sessions
    feed_row
    require_key events_reader sees_contacts trace_status put_traces recount_runs append_told look_at_partition
    join_run join_runs
    mask_contacts mask_contacts_in run_as_told told_columns event_with_payload checked_run_cursor events_page
    checked_stream_place
    bot_steps_away bot_run_name bot_step_kind bot_step_status bot_number bot_label bot_time without_secrets
    bot_event last_heard remove_prompts make_event_partition
    time_bucket bucket_ms answer_meant count_calls run_mark agent_spans_now metric_points check_moments
    count_runs forget_spans forget_spans_of_run forget_spans_of_gone forget_spans_of_decision span_stands
    words_in salon_word payload_text event_text stretch_words put_stretch index_run lock_event_words
    renew_stretches searched_words words_query words_patterns may_hold checked_hit_cursor hit_cursor
    fresh_stretches has_unsearched_events event_excerpt
    key_row put_api_key issue_api_key checked_patterns checked_prices checked_rates is_amount
    note_commands_made note_commands_moved move_commands drop_commands
    moment_or_null approvals_of approval_as_told commander command_row command_as_sent
    checked_comment lock_commands steered_run check_is_open check_is_asked put_command finish_command
    give_back_command open_stop end_stale_commands decision_of
"""
"""Functions that nobody but the owner may call."""


async def names(world: World, query: str) -> set[str]:
    return {row[0] for row in await world.connection.fetch(query)}


async def test_every_relation_is_listed(world: World) -> None:
    found = await names(
        world,
        "select relname from pg_class where relnamespace = 'dashboard'::regnamespace and"
        " relkind in ('r', 'v', 'm', 'p', 'f') and not relispartition",
    )
    assert found == set(READABLE) | UNREADABLE


@pytest.mark.parametrize("role", ROLES)
async def test_relations_give_each_role_what_is_listed_and_no_more(world: World, role: str) -> None:
    rows = await world.connection.fetch(
        """
        select relation.relname, privilege, attribute.attname
        from pg_class as relation
        cross join unnest(array['select', 'insert', 'update', 'references']) as privilege
        inner join pg_attribute as attribute
          on attribute.attrelid = relation.oid and attribute.attnum > 0 and not attribute.attisdropped
        where relation.relnamespace = 'dashboard'::regnamespace
        and relation.relkind in ('r', 'v', 'm', 'p', 'f')
          and has_column_privilege($1, relation.oid, attribute.attnum, privilege)
        """,
        role,
    )
    granted: dict[str, set[str]] = {}
    for row in rows:
        assert row["privilege"] == "select", row
        granted.setdefault(row["relname"], set()).add(row["attname"])
    if role != "authenticated":
        assert granted == (SIGNS_OF_LIFE if role == "dashboard_live" else {})
        return
    assert set(granted) == set(READABLE)
    for relation, columns in READABLE.items():
        if columns != "*":
            assert granted[relation] == set(columns.split()), relation


@pytest.mark.parametrize("role", ROLES)
async def test_no_role_may_delete_truncate_or_put_triggers(world: World, role: str) -> None:
    assert not await world.connection.fetch(
        """
        select relname from pg_class
        where relnamespace = 'dashboard'::regnamespace and relkind in ('r', 'v', 'm', 'p', 'f')
          and has_table_privilege($1, oid, 'delete, truncate, trigger')
        """,
        role,
    )
    assert not await world.connection.fetch(
        """
        select relname from pg_class
        where relnamespace = 'dashboard'::regnamespace
          and case when relkind = 'S' then has_sequence_privilege($1, oid, 'usage, select, update') end
        """,
        role,
    )


async def test_every_function_is_listed_once(world: World) -> None:
    listed = sorted({name for line in EXECUTABLE.values() for name in line.split()} | set(INSIDE.split()))
    rows = await world.connection.fetch(
        "select proname from pg_proc where pronamespace = 'dashboard'::regnamespace"
    )
    assert sorted(row["proname"] for row in rows) == listed


@pytest.mark.parametrize("role", ROLES)
async def test_functions_are_executable_by_whom_they_are_for(world: World, role: str) -> None:
    rows = await world.connection.fetch(
        """
        select proname from pg_proc
        where pronamespace = 'dashboard'::regnamespace and has_function_privilege($1, oid, 'execute')
        """,
        role,
    )
    assert {row["proname"] for row in rows} == set(EXECUTABLE.get(role, "").split())


async def test_nothing_is_executable_by_public(world: World) -> None:
    assert not await world.connection.fetch(
        """
        select proname from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) as acl
        where pronamespace = 'dashboard'::regnamespace and acl.grantee = 0
        """
    )


async def test_definer_functions_fix_their_search_path(world: World) -> None:
    assert not await world.connection.fetch(
        """
        select proname from pg_proc
        where pronamespace = 'dashboard'::regnamespace and prosecdef
          and not coalesce(proconfig @> array['search_path=""'], false)
        """
    )


async def test_everything_belongs_to_the_owner_role_but_the_bell(world: World) -> None:
    """Only who runs the migrations may send by Realtime; nobody but the owner role may have it done."""
    found = await world.connection.fetch(
        """
        select relname from pg_class
        where relnamespace = 'dashboard'::regnamespace and relowner <> 'dashboard_owner'::regrole
        union all
        select proname from pg_proc
        where pronamespace = 'dashboard'::regnamespace and proowner <> 'dashboard_owner'::regrole
        """
    )
    assert [row[0] for row in found] == ["ring"]


async def test_row_security_is_on_for_every_table(world: World) -> None:
    assert not await world.connection.fetch(
        """
        select relname from pg_class
        where relnamespace = 'dashboard'::regnamespace and relkind in ('r', 'p') and not relrowsecurity
        """
    )


async def test_views_for_pages_are_barriers(world: World) -> None:
    """A barrier for each; over our own tables, also the asking role's own rights."""
    rows = await world.connection.fetch(
        "select relname, reloptions from pg_class where relnamespace ="
        " 'dashboard'::regnamespace and relkind = 'v'"
    )
    options = {row["relname"]: set(row["reloptions"] or ()) for row in rows}
    for view in set(READABLE) & set(options):
        assert "security_barrier=true" in options[view], view
    assert {view for view, given in options.items() if "security_invoker=true" in given} == {
        "tenant_users",
        "audit_entries",
        "my_saved_filters",
    }


async def test_policies_ask_for_the_tenant_once_for_a_query(world: World) -> None:
    rows = await world.connection.fetch(
        "select policyname, qual from pg_policies where schemaname = 'dashboard'"
    )
    assert rows
    for row in rows:
        if row["policyname"] == "panels_see_signs_of_life":
            assert row["qual"] == "true", "they are of no salon"
        else:
            assert "SELECT dashboard." in row["qual"], row["policyname"]


async def test_no_foreign_key_trigger_or_policy_touches_the_bots_tables(world: World) -> None:
    assert not await world.connection.fetch(
        """
        select conname from pg_constraint
        where contype = 'f' and confrelid in (select oid from pg_class where
        relnamespace = 'public'::regnamespace)
          and conrelid not in (select oid from pg_class where relnamespace = 'public'::regnamespace)
        union all
        select polname from pg_policy
        where polrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
        union all
        select tgname from pg_trigger
        where not tgisinternal and tgrelid in (select oid from pg_class where
        relnamespace = 'public'::regnamespace)
        """
    )


async def test_foreign_keys_are_indexed(world: World) -> None:
    assert not await world.connection.fetch(
        """
        select conname from pg_constraint
        where contype = 'f' and connamespace = 'dashboard'::regnamespace and not exists (
          select from pg_index where indrelid = conrelid and (indkey::int2[])[0] = conkey[1]
        )
        """
    )


async def test_both_permission_tables_agree(world: World) -> None:
    rows = await world.connection.fetch("select role, permission from dashboard.role_permissions")
    in_sql = {(row["role"], row["permission"]) for row in rows}
    in_code = {
        (role.value, permission.value) for role, granted in PERMISSIONS.items() for permission in granted
    }
    assert in_sql == in_code


@pytest.mark.parametrize("role", ["dashboard_owner", "postgres", "supabase_admin", "service_role"])
async def test_the_api_cannot_become_more_than_it_should(world: World, role: str) -> None:
    may = await world.connection.fetchval("select pg_has_role('authenticator', $1, 'member')", role)
    assert may == (role == "service_role")  # that one is the platform's own


@pytest.mark.parametrize("role", ["dashboard_owner", "dashboard_auth", "dashboard_worker", "dashboard_live"])
async def test_our_roles_have_no_powers_of_their_own(world: World, role: str) -> None:
    row = await world.connection.fetchrow(
        "select rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,"
        " rolbypassrls from pg_roles where rolname = $1",
        role,
    )
    assert row is not None
    assert not any(row.values())


async def test_anon_gets_not_even_through_the_schemas_door(world: World) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="schema dashboard"):
        async with world.connection.transaction():
            await world.connection.execute("set local role anon; select * from dashboard.my_tenants")
