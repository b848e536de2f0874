"""Bringing the server back when it dies under us: killed by the system for its memory, or by mistake."""

import asyncio
import logging

from local_supabase.cluster_errors import ClusterError
from local_supabase.postgres import Cluster

logger = logging.getLogger(__name__)

WATCH_SECONDS = 0.25
READY_SECONDS = 0.05
FIRST_RETRY, LAST_RETRY = 0.25, 2.0  # seconds; a start fails while processes of the dead server end


async def keep_running(cluster: Cluster) -> None:
    """Start the server of a started cluster again whenever it has died; runs until it is cancelled.

    Belongs on the loop of the thread that called `Cluster.start`, which the server must not outlive. The
    loop stops only for the few milliseconds that starting a process takes.
    """
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if not cluster.is_running():
            logger.error("PostgreSQL has died and is started again")
            await _bring_back(cluster)
            logger.warning("PostgreSQL runs again")


async def _bring_back(cluster: Cluster) -> None:
    retry = FIRST_RETRY
    while not await _has_started(cluster):
        logger.error(
            "PostgreSQL did not start; next try in %.2f s. It said: %s", retry, cluster.log_tail(400)
        )
        await asyncio.sleep(retry)
        retry = min(2 * retry, LAST_RETRY)


async def _has_started(cluster: Cluster) -> bool:
    try:
        cluster.relaunch()
    except (OSError, ClusterError):
        logger.exception("PostgreSQL could not be launched")
        return False
    # However long recovery takes: another start would not make it shorter.
    while cluster.is_running():
        if cluster.is_ready():
            return True
        await asyncio.sleep(READY_SECONDS)
    return False
