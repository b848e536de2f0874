"""Where a request comes from, as rate limits and the audit count it."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

UNKNOWN = "unknown"
_FORWARDING_HEADERS = (
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "via",
    "cf-connecting-ip",
    "true-client-ip",
)
_IPV6_SITE_BITS = 64
"""One household or server owns at least a /64, so a single IPv6 address is no unit to count by."""


def client_address(connection: HTTPConnection) -> str:
    """The peer's address; the server has already put the one in that a trusted proxy vouches for."""
    host = connection.client.host if connection.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)


def counted_address(connection: HTTPConnection) -> str:
    """The address as rate limits count it: an IPv4 address, or the /64 network of an IPv6 one."""
    text = client_address(connection)
    if ":" not in text:
        return text
    return str(ipaddress.ip_network((text, _IPV6_SITE_BITS), strict=False))


def is_local(connection: HTTPConnection) -> bool:
    """Whether the request surely comes from this machine.

    Loopback alone is not enough: a proxy on this machine has it too, and so has a foreign page whose name was
    made to resolve here. So there is to be no forwarding header, and the host asked for is to be loopback.
    """
    if any(name in connection.headers for name in _FORWARDING_HEADERS):
        return False
    return _is_loopback(client_address(connection)) and _is_loopback(_asked_host(connection))


def _asked_host(connection: HTTPConnection) -> str:
    try:
        return urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
