"""`python -m tests.outages.writer FOLDER COUNT`: a panel without pages that adds people, several at a time.

The number of each is put on record in `FOLDER/begun` before it is sent. What stands there from an earlier
run is sent once more first, with the same request ids.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

import asyncpg

from config import load_settings
from data import Door
from embedded import Embedded
from errors import Conflict
from identity.store import SignInStore
from identity.tokens import TokenMinter
from local_supabase.postgres import Cluster
from models import Role
from queries import people
from tests.hosted.test_panel import EMAIL, SALON, administrator

AT_ONCE = 4


def email(number: int) -> str:
    """Whose request it is."""
    return f"person-{number}@salon.test"


def request_id(number: int) -> UUID:
    """The same in every run."""
    return uuid5(NAMESPACE_OID, email(number))


async def add(door: Door, number: int) -> None:
    """One person: a user, a membership, a row of the audit log and the remembered request."""
    await people.add_member(
        door, request_id(number), email=email(number), full_name=f"Person {number}", role=Role.OPERATOR
    )


async def administrator_id(store: SignInStore, folder: Path) -> UUID:
    """The first person, who is made once."""
    connection = await asyncpg.connect(Cluster(folder / "data").superuser_uri("panel"))
    try:
        await connection.execute(
            "insert into public.tenants_v2 (id, name) values ($1, 'Salon') on conflict do nothing", SALON
        )
        try:
            return await store.create_first_admin(EMAIL, "First", "$2b$12$" + "a" * 53, "127.0.0.1")
        except Conflict:
            found: UUID = await connection.fetchval(
                "select user_id from dashboard.users where email = $1", EMAIL
            )
            return found
    finally:
        await connection.close()


async def write(embedded: Embedded, folder: Path, most: int) -> None:
    """Repeat what was begun, then go on, until so many are added or somebody ends this process."""
    supabase = embedded.connect()
    minter = TokenMinter.from_secret(embedded.jwt_secret)
    async with embedded.running():
        store = SignInStore(supabase.door(minter.machine_source("dashboard_auth")))
        identity = administrator(await administrator_id(store, folder))
        door = supabase.door(minter.token_source(identity, SALON))
        record = folder / "begun"
        begun = [int(line) for line in record.read_text().split()] if record.exists() else []
        for number in begun:
            await add(door, number)
        numbers = count(len(begun))

        async def go_on() -> None:
            for number in numbers:
                if number >= len(begun) + most:
                    return
                with record.open("a") as file:
                    file.write(f"{number}\n")
                await add(door, number)

        await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    await supabase.aclose()


def main() -> None:
    """Run it as `main.py` runs a panel."""
    folder, most = Path(sys.argv[1]), int(sys.argv[2])
    embedded = Embedded(load_settings({"DATA_DIR": str(folder / "data"), "JOBS": "0"}))
    try:
        embedded.start_postgres()
        asyncio.run(embedded.prepare())
        asyncio.run(write(embedded, folder, most))
    finally:
        embedded.stop_postgres()


if __name__ == "__main__":
    main()
