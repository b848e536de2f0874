"""Notes and tags of a dialogue: who may write them, what they may say, and that each is written once."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.sql.told import sync
from tests.sql.world import SALON_A, SALON_B, World, refused

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
EVERYBODY = ["platform", "owner_a", "admin_a", "operator_a"]
HOSTILE = [
    "<script>alert(1)</script>",
    "=1+1",
    "'; drop table dashboard.users; --",
    "{{ 7 * 7 }}",
    "🎄 é",
    "%s %(x)s",
]


@pytest.fixture
async def session(world: World) -> UUID:
    """A dialogue of salon A."""
    made = await world.archive(SALON_A, NOW)
    await sync(world)
    return made


async def seen(world: World, session: UUID, person: str = "owner_a") -> dict[str, Any]:
    dialogue: dict[str, Any] = await world.call(person, "dialogue", session, tenant=SALON_A)
    return dialogue


async def bodies(world: World, session: UUID) -> list[str]:
    return [note["body"] for note in (await seen(world, session))["notes"]]


async def audited(world: World) -> list[dict[str, Any]]:
    rows = await world.connection.fetch(
        "select action, subject, details::text, actor_name, tenant_id from dashboard.audit_log"
        " where action like 'dialogue.%' order by audit_id"
    )
    return [dict(row) for row in rows]


class TestNotes:
    @pytest.mark.parametrize("person", EVERYBODY)
    async def test_anybody_of_the_salon_adds_one(self, world: World, session: UUID, person: str) -> None:
        note = await world.write(person, "add_note", session, " Likes tea\r\n\tand quiet ", tenant=SALON_A)
        assert (note["body"], note["edited_at"], note["editor_name"]) == (
            "Likes tea\n\tand quiet",
            None,
            None,
        )
        assert note["author_name"].startswith(person)
        assert (await seen(world, session, person))["notes"] == [note]

    async def test_are_listed_oldest_first(self, world: World, session: UUID) -> None:
        for number in range(3):
            note = await world.write("owner_a", "add_note", session, str(number))
            await world.connection.execute(
                "update dashboard.dialogue_notes set created_at = $2 where note_id = $1",
                UUID(note["note_id"]), NOW.replace(hour=10 - number),
            )  # fmt: skip
        assert await bodies(world, session) == ["2", "1", "0"]

    async def test_ones_own_is_changed_and_removed(self, world: World, session: UUID) -> None:
        note = UUID((await world.write("operator_a", "add_note", session, "tee"))["note_id"])
        changed = await world.write("operator_a", "edit_note", note, "tea")
        assert (changed["body"], changed["editor_name"]) == ("tea", None)
        assert changed["edited_at"]
        await world.write("operator_a", "remove_note", note)
        assert await bodies(world, session) == []

    @pytest.mark.parametrize("person", ["admin_a", "owner_a", "platform"])
    async def test_who_runs_the_salon_changes_anybodys_under_their_own_name(
        self, world: World, session: UUID, person: str
    ) -> None:
        note = UUID((await world.write("operator_a", "add_note", session, "tee"))["note_id"])
        changed = await world.write(person, "edit_note", note, "tea", tenant=SALON_A)
        assert changed["author_name"].startswith("operator_a")
        assert changed["editor_name"].startswith(person)
        await world.write(person, "remove_note", note, tenant=SALON_A)
        assert await bodies(world, session) == []

    async def test_an_operator_leaves_those_of_others_alone(self, world: World, session: UUID) -> None:
        note = UUID((await world.write("owner_a", "add_note", session, "mine"))["note_id"])
        (shown,) = (await seen(world, session, "operator_a"))["notes"]
        assert shown["may_change"] is False
        for call in (("edit_note", note, "ours"), ("remove_note", note)):
            async with refused(world, "PT403", "note_of_another"):
                await world.write("operator_a", *call)
        assert await bodies(world, session) == ["mine"]

    async def test_outlive_their_author_as_nobodys(self, world: World, session: UUID) -> None:
        await world.write("operator_a", "add_note", session, "tea")
        await world.connection.execute(
            "delete from dashboard.users where user_id = $1", world.people["operator_a"]
        )
        (note,) = (await seen(world, session))["notes"]
        assert note["author_name"].startswith("operator_a")
        assert note["may_change"] is True

    @pytest.mark.parametrize("body", HOSTILE)
    async def test_say_what_was_written(self, world: World, session: UUID, body: str) -> None:
        await world.write("owner_a", "add_note", session, body)
        assert await bodies(world, session) == [body]

    async def test_hide_nothing_and_turn_nothing_around(self, world: World, session: UUID) -> None:
        await world.write("owner_a", "add_note", session, "a\u202eb\u200bc\x07d\ufeff")
        assert await bodies(world, session) == ["abcd"]

    @pytest.mark.parametrize(
        "body", ["", " \n\t ", "\u200b", "x" * 4001, "x" * 1_000_000, None],
        ids=["empty", "blank", "invisible", "long", "endless", "none"],
    )  # fmt: skip
    async def test_that_say_nothing_or_too_much_are_refused(
        self, world: World, session: UUID, body: str | None
    ) -> None:
        async with refused(world, "PT422", "note_invalid"):
            await world.write("owner_a", "add_note", session, body)
        note = UUID((await world.write("owner_a", "add_note", session, "kept"))["note_id"])
        async with refused(world, "PT422", "note_invalid"):
            await world.write("owner_a", "edit_note", note, body)
        assert await bodies(world, session) == ["kept"]

    async def test_are_not_without_number(self, world: World, session: UUID) -> None:
        await world.connection.execute(
            "insert into dashboard.dialogue_notes (tenant_id, session_id, author_name, body)"
            " select $1, $2, 'x', 'x' from generate_series(1, 200)",
            SALON_A, session,
        )  # fmt: skip
        async with refused(world, "PT409", "too_many_notes"):
            await world.write("owner_a", "add_note", session, "one more")

    async def test_are_on_record_without_what_they_say(self, world: World, session: UUID) -> None:
        note = UUID((await world.write("operator_a", "add_note", session, "private"))["note_id"])
        await world.write("admin_a", "edit_note", note, "secret")
        await world.write("admin_a", "remove_note", note)
        entries = await audited(world)
        assert [entry["action"] for entry in entries] == [
            "dialogue.note_added", "dialogue.note_edited", "dialogue.note_removed",
        ]  # fmt: skip
        assert {entry["subject"] for entry in entries} == {str(session)}
        assert {entry["tenant_id"] for entry in entries} == {SALON_A}
        assert not any(word in json.dumps(entries, default=str) for word in ("private", "secret"))

    async def test_stay_when_a_dialogue_ends_and_its_row_moves(self, world: World) -> None:
        session = await world.begin(SALON_A, NOW)
        await sync(world)
        await world.write("owner_a", "add_note", session, "tea")
        await world.connection.execute("delete from public.active_sessions_v2 where session_id = $1", session)
        await world.archive(SALON_A, NOW, session_id=session)
        await sync(world)
        assert await bodies(world, session) == ["tea"]


class TestTags:
    @pytest.mark.parametrize("person", EVERYBODY)
    async def test_anybody_of_the_salon_adds_and_removes_one(
        self, world: World, session: UUID, person: str
    ) -> None:
        assert await world.write(person, "add_tag", session, "  VIP  guest ", tenant=SALON_A) == {
            "tag": "VIP guest"
        }
        shown = await seen(world, session, person)
        assert (shown["tags"], shown["tags_in_use"]) == (["VIP guest"], ["VIP guest"])
        await world.write("operator_a", "remove_tag", session, "VIP guest")
        assert (await seen(world, session))["tags"] == []

    async def test_is_one_however_its_letters_are_written(self, world: World, session: UUID) -> None:
        other = await world.archive(SALON_A, NOW)
        await sync(world)
        await world.write("owner_a", "add_tag", other, "Жалоба")
        for spelt in ("жалоба", "ЖАЛОБА", "Жалоба"):
            assert await world.write("owner_a", "add_tag", session, spelt) == {"tag": "Жалоба"}
        assert (await seen(world, session))["tags"] == ["Жалоба"]

    async def test_in_use_are_the_salons_own_most_frequent_first(self, world: World, session: UUID) -> None:
        for salon, tag, times in ((SALON_A, "rare", 1), (SALON_A, "usual", 3), (SALON_B, "theirs", 9)):
            await world.connection.execute(
                "insert into dashboard.dialogue_tags (tenant_id, session_id, tag)"
                " select $1, gen_random_uuid(), $2 from generate_series(1, $3::integer)",
                salon, tag, times,
            )  # fmt: skip
        assert (await seen(world, session))["tags_in_use"] == ["usual", "rare"]

    async def test_removed_by_somebody_else_before_is_no_error(self, world: World, session: UUID) -> None:
        await world.write("owner_a", "remove_tag", session, "never there")

    @pytest.mark.parametrize("tag", HOSTILE)
    async def test_say_what_was_written(self, world: World, session: UUID, tag: str) -> None:
        await world.write("owner_a", "add_tag", session, tag)
        assert (await seen(world, session))["tags"] == [tag]
        await world.write("owner_a", "remove_tag", session, tag)
        assert (await seen(world, session))["tags"] == []

    @pytest.mark.parametrize(
        "tag", ["", " ", "-", " - ", "x" * 41, "a\nb", "a\u202eb", "\u200b", "x" * 1_000_000, None],
        ids=[
            "empty", "blank", "dash", "dash in blanks", "long", "lines", "turned", "invisible", "endless",
            "none",
        ],
    )  # fmt: skip
    async def test_that_cannot_be_read_is_refused(self, world: World, session: UUID, tag: str | None) -> None:
        async with refused(world, "PT422", "tag_invalid"):
            await world.write("owner_a", "add_tag", session, tag)

    async def test_are_not_without_number(self, world: World, session: UUID) -> None:
        for number in range(20):
            await world.write("owner_a", "add_tag", session, str(number))
        await world.write("owner_a", "add_tag", session, "7")
        async with refused(world, "PT409", "too_many_tags"):
            await world.write("owner_a", "add_tag", session, "one more")


def calls(session: UUID, note: UUID) -> list[tuple[Any, ...]]:
    """Every write."""
    return [
        ("add_note", session, "x"), ("edit_note", note, "x"), ("remove_note", note),
        ("add_tag", session, "x"), ("remove_tag", session, "x"),
    ]  # fmt: skip


class TestAccess:
    async def test_nobody_outside_the_salon_writes(self, world: World, session: UUID) -> None:
        note = UUID((await world.write("owner_a", "add_note", session, "kept"))["note_id"])
        for call in calls(session, note):
            async with refused(world, "PT403", "not_allowed"):
                await world.write("outsider", *call)
            async with refused(world, "PT403", "not_allowed"):
                await world.write("owner_b", *call, tenant=SALON_A)
        assert await bodies(world, session) == ["kept"]

    async def test_what_is_of_another_salon_is_as_if_it_were_not_there(
        self, world: World, session: UUID
    ) -> None:
        note = UUID((await world.write("owner_a", "add_note", session, "kept"))["note_id"])
        for person, where in (("owner_b", (session, note)), ("owner_a", (uuid4(), uuid4()))):
            for call in calls(*where):
                code = "note_not_found" if call[0] in {"edit_note", "remove_note"} else "dialogue_not_found"
                async with refused(world, "PT404", code):
                    await world.write(person, *call)
        assert await bodies(world, session) == ["kept"]

    async def test_a_role_without_the_permission_reads_and_does_not_write(
        self, world: World, session: UUID
    ) -> None:
        note = UUID((await world.write("operator_a", "add_note", session, "kept"))["note_id"])
        await world.connection.execute(
            "delete from dashboard.role_permissions"
            " where role = 'operator' and permission = 'dialogues.annotate'"
        )
        for call in calls(session, note):
            async with refused(world, "PT403", "not_allowed"):
                await world.write("operator_a", *call)
        (shown,) = (await seen(world, session, "operator_a"))["notes"]
        assert (shown["body"], shown["may_change"]) == ("kept", False)


class TestOnce:
    async def test_the_same_request_is_done_once(self, world: World, session: UUID) -> None:
        request = uuid4()
        first = await world.call("owner_a", "add_note", request, session, "tea")
        assert await world.call("owner_a", "add_note", request, session, "tea") == first
        assert await bodies(world, session) == ["tea"]

        note, request = UUID(first["note_id"]), uuid4()
        for _ in range(2):
            assert await world.call("owner_a", "remove_note", request, note) == {"note_id": str(note)}
        request = uuid4()
        for _ in range(2):
            assert await world.call("owner_a", "add_tag", request, session, "vip") == {"tag": "vip"}
        await world.write("owner_a", "remove_tag", session, "vip")
        # the answer of then, and nothing done anew
        await world.call("owner_a", "add_tag", request, session, "vip")
        assert (await seen(world, session))["tags"] == []
        assert len(await audited(world)) == 4

    async def test_a_request_id_is_not_taken_for_another_request(self, world: World, session: UUID) -> None:
        request = uuid4()
        await world.call("owner_a", "add_note", request, session, "tea")
        async with refused(world, "PT409", "request_id_reused"):
            await world.call("owner_a", "add_note", request, session, "coffee")
        async with refused(world, "PT409", "request_id_reused"):
            await world.call("owner_a", "add_tag", request, session, "tea")
        assert await bodies(world, session) == ["tea"]
