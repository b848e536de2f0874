"""Commands to a webhook: signed, so that whoever gets one knows that it is from this panel, and when."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
import orjson

from control.channel import UnsentError
from queries.commands import Json

SECONDS = 5.0
"""How long one push may take, whatever the other side does."""
SIGNATURE, COMMAND = "X-AgentP-Signature", "X-AgentP-Command"


class Webhook:
    """One address that takes commands with `POST`."""

    def __init__(self, url: str, secret: str, *, clock: Callable[[], float] = time.time) -> None:
        self._url = url
        self._secret = secret.encode()
        self._clock = clock
        # what is not encrypted is for this machine, and goes by no proxy
        is_secure = url.lower().startswith("https:")
        self._http = httpx.AsyncClient(
            timeout=SECONDS,
            follow_redirects=False,
            trust_env=is_secure,
            # what the other side would have us remember has no limit
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    async def push(self, command: Json) -> None:
        """Any answer of 2xx takes it; its body is not read. Raises `UnsentError`."""
        body = orjson.dumps(command)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "agent-p-panel",
            SIGNATURE: signature(self._secret, int(self._clock()), body),
            COMMAND: str(command["command_id"]),
        }
        try:
            async with asyncio.timeout(SECONDS):
                async with self._http.stream("POST", self._url, content=body, headers=headers) as answer:
                    status = answer.status_code
        except (httpx.TimeoutException, TimeoutError):
            raise UnsentError("no answer in time") from None
        except (httpx.HTTPError, OSError) as error:
            raise UnsentError(type(error).__name__) from None
        if not 200 <= status < 300:
            raise UnsentError(f"status {status}")

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()


def signature(secret: bytes, at: int, body: bytes) -> str:
    """What vouches for a body and its time, in seconds of Unix."""
    made = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"
