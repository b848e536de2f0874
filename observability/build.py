"""Which panel this is."""

from __future__ import annotations

VERSION = "0.1.0"
"""As in pyproject.toml, which is not part of the image."""
