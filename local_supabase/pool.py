"""Connections for what the services do beside requests, and waiting for a database that is still starting."""

import asyncio
import logging

import asyncpg

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
STARTING_SECONDS = 30.0  # how long a database may take to come up beside us
RETRY_SECONDS = 0.25
CLOSE_SECONDS = 5.0


async def open_admin_pool(uri: str) -> asyncpg.Pool:
    """A small pool for Auth's own tables; connections are made when first needed. The caller closes it."""
    return await asyncpg.create_pool(
        uri,
        min_size=0,
        max_size=4,
        timeout=CONNECT_SECONDS,
        command_timeout=10,
        max_inactive_connection_lifetime=60,
        server_settings={"application_name": "local_supabase auth", "timezone": "UTC"},
    )


async def close_pool(pool: asyncpg.Pool) -> None:
    """Close the pool, cutting what is still in use after 5 s."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except TimeoutError:
        logger.warning("Connections were still in use after %s s and are cut", CLOSE_SECONDS)
        pool.terminate()


async def wait_for_database(uri: str) -> None:
    """Return once the database takes connections; raises `OSError` or asyncpg's error after 30 s without."""
    deadline = asyncio.get_running_loop().time() + STARTING_SECONDS
    while True:
        try:
            connection = await asyncpg.connect(uri, timeout=CONNECT_SECONDS)
        except (OSError, asyncpg.CannotConnectNowError) as error:
            if asyncio.get_running_loop().time() > deadline:
                raise
            logger.info("The database is not there yet: %s", error)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            await connection.close()
            return
