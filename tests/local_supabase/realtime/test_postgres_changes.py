from __future__ import annotations

import asyncio
import json
import re
from typing import Any, TypeAlias

import asyncpg
import pytest
from realtime import RealtimeSubscribeStates
from realtime.types import RealtimePostgresChangesListenEvent as Event

from local_supabase.postgres import Cluster
from local_supabase.realtime import changes
from tests.local_supabase.realtime.conftest import ALPHA, API_KEY, BETA, Inbox, Server, receive, token

Admin: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def subscribed(server: Server, access_token: str, event: Event = Event.All, **binding: Any) -> Inbox:
    """What the real client hears of some changes, once the server says that it follows them."""
    heard, system = Inbox(), Inbox()
    channel = server.client(access_token).channel("anything")
    channel.on_postgres_changes(event, heard, **binding).on_system(system)
    await channel.subscribe()
    (message,) = await system.wait()
    assert message.message == "Subscribed to PostgreSQL"
    return heard


def records(heard: Inbox) -> list[Any]:
    return [item["data"].get("record") for item in heard.items]


async def insert(admin: Admin, tenant: str, body: str, **values: Any) -> int:
    names = "".join(f", {name}" for name in values)
    places = "".join(f", ${n}" for n in range(3, 3 + len(values)))
    return int(
        await admin.fetchval(
            f"insert into notes (tenant_id, body{names}) values ($1, $2{places}) returning id",
            tenant,
            body,
            *values.values(),
        )
    )


async def test_each_tenant_is_told_of_its_own_rows(server: Server, admin: Admin) -> None:
    alpha = await subscribed(server, token(ALPHA), table="notes")
    beta = await subscribed(server, token(BETA), table="notes")
    service = await subscribed(server, token(None, role="service_role"), table="notes")
    async with admin.transaction():
        for n in range(40):
            await insert(admin, BETA if n % 4 else ALPHA, f"note {n}")
    await asyncio.gather(alpha.wait(10), beta.wait(30), service.wait(40))
    assert [row["body"] for row in records(alpha)] == [f"note {n}" for n in range(0, 40, 4)]
    assert {row["tenant_id"] for row in records(beta)} == {BETA}
    assert len(beta.items) == 30
    assert [row["body"] for row in records(service)] == [f"note {n}" for n in range(40)]


async def test_the_payload_is_hosted_realtimes(server: Server, admin: Admin) -> None:
    heard = await subscribed(server, token(ALPHA), table="notes")
    await admin.execute(
        """
        insert into notes values (
          9007199254740993, $1, E'a "quoted"\n line', 'not for them', 5, 12.50, 'NaN', true,
          '{plain,"with, comma","NULL",NULL}', '[0:1][1:2]={{1,2},{3,4}}',
          '{"b": [1, {"c": null}], "a": 1e2}',
          'cross', '2026-01-01 03:00:00.5+03', '2026-02-03'
        )
        """,
        ALPHA,
    )
    (change,) = await heard.wait()
    data = change["data"]
    assert change["ids"] == [change["ids"][0]]
    assert data["record"] == {
        "id": 9007199254740993, "tenant_id": ALPHA, "body": 'a "quoted"\n line', "stars": 5, "price": 12.5,
        "ratio": "NaN", "done": True, "tags": ["plain", "with, comma", "NULL", None],
        "grid": [[1, 2], [3, 4]], "extra": {"a": 100, "b": [1, {"c": None}]}, "feeling": "cross",
        "written_at": "2026-01-01T00:00:00.5+00:00", "day": "2026-02-03",
    }  # fmt: skip
    assert (data["schema"], data["table"], data["type"], data["errors"]) == (
        "public",
        "notes",
        "INSERT",
        None,
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", data["commit_timestamp"])
    types = {column["name"]: column["type"] for column in data["columns"]}
    assert "secret" not in types
    assert (types["id"], types["price"], types["tags"], types["written_at"]) == (
        "int8", "amount", "_text", "timestamptz"
    )  # fmt: skip


async def test_the_record_is_what_to_jsonb_writes(server: Server, admin: Admin) -> None:
    heard = await subscribed(server, token(ALPHA), table="notes")
    await admin.execute(
        """
        insert into notes (tenant_id, body, stars, price, ratio, tags, written_at, day) values
          ($1, '', 0, -0.10, 1e300, '{}', 'infinity', '-infinity'),
          ($1, null, null, 'NaN', '-Infinity', '{"","\\"\\\\"}', '0044-03-15 00:00+00 BC', '0044-03-15 BC'),
          ($1, 'x', -7, 0.00, 1.5e-7, '{ünï,😀}', '2026-07-01 10:11:12.123456+05:30', null)
        """,
        ALPHA,
    )
    await heard.wait(3)
    expected = await admin.fetch("select to_jsonb(n) - 'secret' as row from notes n order by id")
    assert records(heard) == [json.loads(row["row"], parse_int=float) for row in expected]


async def test_update_and_delete(server: Server, admin: Admin) -> None:
    note = await insert(admin, ALPHA, "first")
    foreign = await insert(admin, BETA, "theirs")
    heard = await subscribed(server, token(ALPHA), table="notes")
    await admin.execute("update notes set body = 'second'")
    await heard.wait()
    await admin.execute("update notes set tenant_id = $1 where id = $2", ALPHA, foreign)
    await admin.execute("delete from notes where id = $1", note)
    await heard.wait(3)
    first, moved, deleted = (item["data"] for item in heard.items)
    assert (first["type"], first["record"]["body"], first["old_record"]) == ("UPDATE", "second", {"id": note})
    assert (moved["record"]["id"], moved["record"]["body"]) == (foreign, "second")
    assert (deleted["type"], deleted["old_record"]) == ("DELETE", {"id": note})
    assert "record" not in deleted


async def test_a_full_identity_tells_the_old_row_where_there_is_no_row_security(
    server: Server, admin: Admin
) -> None:
    await admin.execute("grant select on open_notes to authenticated")
    heard = await subscribed(server, token(None), table="open_notes")
    await admin.execute("insert into open_notes values (1, 'a')")
    await admin.execute("update open_notes set body = 'b'")
    await admin.execute("delete from open_notes")
    await admin.execute("truncate open_notes")
    await admin.execute("insert into open_notes values (2, 'c')")
    await heard.wait(4)
    assert [item["data"]["type"] for item in heard.items] == ["INSERT", "UPDATE", "DELETE", "INSERT"]
    assert [item["data"].get("old_record") for item in heard.items] == [
        None, {"id": 1, "body": "a"}, {"id": 1, "body": "b"}, None
    ]  # fmt: skip


async def test_a_delete_under_row_security_tells_the_key_alone(server: Server, admin: Admin) -> None:
    await admin.execute("alter table notes replica identity full")
    note = await insert(admin, BETA, "theirs")
    heard = await subscribed(server, token(ALPHA), Event.Delete, table="notes")
    await admin.execute("delete from notes")
    (change,) = await heard.wait()
    assert change["data"]["old_record"] == {"id": note}


async def test_a_value_that_the_update_left_alone_is_left_out(server: Server, admin: Admin) -> None:
    await admin.execute("alter table notes alter column body set storage external")
    await insert(admin, ALPHA, "x" * 20_000)
    heard = await subscribed(server, token(ALPHA), table="notes")
    await admin.execute("update notes set stars = 3")
    await heard.wait()
    (row,) = records(heard)
    assert row["stars"] == 3
    assert "body" not in row


async def test_events_and_filters_narrow(server: Server, admin: Admin) -> None:
    me = token(ALPHA)
    inserts = await subscribed(server, me, Event.Insert, table="notes")
    bindings = {
        "eq": "body=eq.two", "neq": "body=neq.two", "lt": "stars=lt.2", "lte": "stars=lte.2",
        "gt": "price=gt.2.5", "gte": "stars=gte.3", "in": 'body=in.(one,"three")',
        "both": "stars=gt.1,stars=lt.3", "is": "done=is.null", "not": "body=not.in.(one,two)",
        "like": "body=like.t%", "day": "day=gte.2026-01-02",
    }  # fmt: skip
    heard = {
        name: await subscribed(server, me, table="notes", filter=text) for name, text in bindings.items()
    }
    last = await subscribed(server, me, table="notes", filter="body=eq.end")
    for n, body in enumerate(("one", "two", "three"), 1):
        await admin.execute(
            "insert into notes (tenant_id, body, stars, price, day, done) "
            "values ($1, $2, $3, $4, $5::text::date, $6)",
            ALPHA, body, n, n, f"2026-01-0{n}", None if n == 1 else True,
        )  # fmt: skip
    await admin.execute("update notes set done = false where body = 'three'")
    await insert(admin, ALPHA, "end", done=True)
    await last.wait()
    await asyncio.sleep(0.1)
    got = {name: [row["body"] for row in records(box)] for name, box in heard.items()}
    assert got == {
        "eq": ["two"], "neq": ["one", "three", "three", "end"], "lt": ["one"], "lte": ["one", "two"],
        "gt": ["three", "three"], "gte": ["three", "three"], "in": ["one", "three", "three"], "both": ["two"],
        "is": ["one"], "not": ["three", "three", "end"], "like": ["two", "three", "three"],
        "day": ["two", "three", "three"],
    }  # fmt: skip
    assert [row["body"] for row in records(inserts)] == ["one", "two", "three", "end"]


async def test_several_bindings_of_one_channel_share_a_frame(server: Server, admin: Admin) -> None:
    async with server.raw() as socket:
        bindings = [
            {"event": "INSERT", "schema": "public", "table": "notes"},
            {"event": "*", "schema": "*"},
            {"event": "*", "schema": "public", "table": "notes", "select": ["body"]},
            {"event": "DELETE", "schema": "public", "table": "notes"},
        ]
        join = {"config": {"postgres_changes": bindings}, "access_token": token(ALPHA)}
        await socket.send(
            json.dumps({"topic": "realtime:x", "event": "phx_join", "payload": join, "ref": "1"})
        )
        answer = (await receive(socket))["payload"]["response"]["postgres_changes"]
        ids = [binding.pop("id") for binding in answer]
        assert answer == bindings
        assert len(set(ids)) == 4
        assert (await receive(socket))["payload"]["status"] == "ok"
        await insert(admin, ALPHA, "hello")
        frames = [(await receive(socket))["payload"] for _ in range(2)]
        assert frames[0]["ids"] == ids[:2]
        assert frames[1]["ids"] == [ids[2]]
        assert frames[1]["data"]["record"].keys() == {"id", "body"}


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        (
            {"table": "unpublished"},
            "Please check Realtime is enabled for the given connect parameters: [event: *, ",
        ),
        ({"table": "nowhere"}, "Please check Realtime is enabled"),
        ({"table": "notes", "filter": "nope=eq.1"}, "invalid column for filter nope"),
        ({"table": "notes", "filter": "secret=eq.1"}, "invalid column for filter secret"),
        ({"table": "notes", "filter": "stars=eq.many"}, "invalid input syntax for type integer"),
        ({"table": "notes", "filter": "stars=foo.1"}, 'Error parsing `filter` params: ["foo", "1"]'),
        ({"table": "notes", "filter": "extra=lt.x"}, "invalid input syntax for type json"),
        ({"table": "notes", "filter": "stars=in.1"}, "`in` filter value must be wrapped by parentheses"),
        ({"table": "notes", "filter": "stars=eq.1); drop table notes; --"}, "invalid input syntax"),
        ({"table": "notes", "filter": "stars=is.true"}, "argument of IS TRUE must be type boolean"),
        ({"table": "notes", "filter": "body=match.("}, "invalid regular expression"),
    ],
)
async def test_a_binding_that_cannot_be_served_says_why(
    quiet_server: Server, binding: dict[str, Any], message: str
) -> None:
    heard, states = Inbox(), Inbox()
    channel = quiet_server.client(token(ALPHA)).channel("x").on_postgres_changes(Event.All, heard, **binding)
    await channel.subscribe(states)
    assert states.items[0][0] is RealtimeSubscribeStates.SUBSCRIBED
    await states.wait(2)
    state, error = states.items[1]
    assert state is RealtimeSubscribeStates.CHANNEL_ERROR
    told = json.loads(str(error))
    assert (told["extension"], told["status"]) == ("postgres_changes", "error")
    assert message in told["message"]


async def test_changes_that_cannot_be_shown_tell_only_that_they_were(server: Server, admin: Admin) -> None:
    anonymous = await subscribed(server, token(None, role="anon"), table="notes")
    keyless = await subscribed(server, token(ALPHA), table="keyless")
    await insert(admin, ALPHA, "hidden")
    await admin.execute("insert into keyless values ('hidden')")
    for heard, message in ((anonymous, changes.NOT_SELECTABLE), (keyless, changes.NO_PRIMARY_KEY)):
        (change,) = await heard.wait()
        assert change["data"]["errors"] == [message]
        assert (change["data"]["record"], change["data"]["columns"]) == ({}, [])


async def test_a_policy_that_fails_on_one_subscriber_spares_the_others(server: Server, admin: Admin) -> None:
    await admin.execute(
        "create policy fragile on notes as restrictive for select to authenticated "
        "using ((current_setting('request.jwt.claims')::jsonb ->> 'level')::int > 0)"
    )
    broken = await subscribed(server, token(ALPHA, level="high"), table="notes")
    sound = await subscribed(server, token(ALPHA, level="1"), table="notes")
    await insert(admin, ALPHA, "hello")
    await asyncio.gather(broken.wait(), sound.wait())
    assert broken.items[0]["data"]["errors"] == [changes.POLICY_FAILED]
    assert broken.items[0]["data"]["record"] == {}
    assert records(sound)[0]["body"] == "hello"


async def test_a_revoked_column_is_gone_from_the_next_change(server: Server, admin: Admin) -> None:
    heard = await subscribed(server, token(ALPHA), table="notes")
    await insert(admin, ALPHA, "seen")
    await heard.wait()
    await admin.execute("revoke select (body) on notes from authenticated")
    await insert(admin, ALPHA, "unseen")
    await heard.wait(2)
    assert ["body" in row for row in records(heard)] == [True, False]


async def test_a_change_beyond_the_limit_keeps_its_small_values(server: Server, admin: Admin) -> None:
    heard = await subscribed(server, token(ALPHA), table="notes")
    await insert(admin, ALPHA, "x" * (changes.MAX_RECORD_BYTES + 1), stars=4)
    (change,) = await heard.wait()
    assert change["data"]["errors"] == [changes.TOO_LARGE]
    assert change["data"]["record"]["stars"] == 4
    assert "body" not in change["data"]["record"]


async def test_a_large_transaction_arrives_whole(server: Server, admin: Admin) -> None:
    heard = await subscribed(server, token(ALPHA), table="notes", filter="stars=lt.300")
    await admin.execute(
        "insert into notes (tenant_id, stars) select $1, n from generate_series(0, 19999) n", ALPHA
    )
    await heard.wait(300, seconds=20)
    assert [row["stars"] for row in records(heard)] == list(range(300))


async def test_changes_on_version_2(server: Server, admin: Admin) -> None:
    async with server.raw(f"apikey={API_KEY}&vsn=2.0.0") as socket:
        binding = {"event": "INSERT", "schema": "public", "table": "notes"}
        join = {"config": {"postgres_changes": [binding]}, "access_token": token(ALPHA)}
        await socket.send(json.dumps(["1", "1", "realtime:x", "phx_join", join]))
        await receive(socket)
        assert (await receive(socket))[3] == "system"
        await insert(admin, ALPHA, "hello")
        join_ref, ref, topic, event, payload = await receive(socket)
        assert (join_ref, ref, topic, event) == ("1", None, "realtime:x", "postgres_changes")
        assert payload["data"]["record"]["body"] == "hello"


async def test_a_token_cannot_name_a_role_that_the_api_may_not_take(server: Server) -> None:
    for role in ("supabase_admin", "postgres", "nobody"):
        states = Inbox()
        client = server.client(token(None, role=role))
        channel = client.channel("x").on_postgres_changes(Event.All, Inbox(), table="open_notes")
        await channel.subscribe(states)
        await states.wait(2)
        assert states.items[1][0] is RealtimeSubscribeStates.CHANNEL_ERROR
        await client.close()


async def test_a_role_that_is_dropped_silences_its_subscribers_only(
    server: Server, admin: Admin, cluster: Cluster
) -> None:
    await admin.execute("create role passing")
    await admin.execute("grant passing to authenticator; grant usage on schema public to passing")
    await admin.execute("grant select on open_notes to passing, authenticated")
    passing = await subscribed(server, token(None, role="passing"), table="open_notes")
    staying = await subscribed(server, token(None), table="open_notes")
    await admin.execute("insert into open_notes values (1, 'a')")
    await asyncio.gather(passing.wait(), staying.wait())
    await admin.execute("drop owned by passing; drop role passing")
    for number in (2, 3):
        await admin.execute("insert into open_notes values ($1, 'b')", number)
    await staying.wait(3)
    assert len(passing.items) == 1
