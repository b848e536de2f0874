"""PostgreSQL URLs as libpq takes them, made ready for asyncpg."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

# asyncpg hands parameters that it does not know to the server, which refuses the connection for these:
# to libpq they are the client's own affair, and none of them changes what a connection may do.
CLIENT_SIDE = {
    "connect_timeout",
    "fallback_application_name",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "load_balance_hosts",
    "sslcompression",
    "sslsni",
    "tcp_user_timeout",
}
_HOST = re.compile(r"(\[[^]]*\]|[^:]*)(:\d*)?")


def database_uri(text: str) -> str:
    """The same URL for asyncpg; raises ValueError, which repeats nothing of it, for what is no such URL."""
    scheme, separator, _ = text.partition("://")
    if not separator or scheme not in ("postgresql", "postgres"):
        raise ValueError("it does not begin with postgresql://")
    hosts = urlsplit(text).netloc.rpartition("@")[2].split(",")
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise ValueError("a port is not a number")
    head, _, query = text.partition("?")
    kept = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in CLIENT_SIDE]
    return f"{head}?{urlencode(kept)}" if kept else head
