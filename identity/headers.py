"""Security headers of every response."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders

PAGES_POLICY = "; ".join(
    (
        "default-src 'self'",
        # NiceGUI starts its pages from inline scripts and compiles Vue templates in the browser.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Nothing from, or to, another host. A browser test shows that NiceGUI runs under it without a complaint."""

FORMS_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""The plain forms run no script at all."""

_ALWAYS = {
    "content-security-policy": PAGES_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Stricter (`no-referrer`) would make browsers post forms with the origin `null`.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}
_TLS_ONLY = "max-age=31536000"


def add_security_headers(headers: MutableHeaders, *, is_secure: bool) -> None:
    """Add what is missing; a response that brings a policy of its own keeps it."""
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if is_secure:
        headers.setdefault("strict-transport-security", _TLS_ONLY)
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("cache-control", "no-store")
