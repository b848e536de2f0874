"""Links lead to our own pages only."""

from __future__ import annotations

import pytest

from components.buttons import link


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "https://evil.example", "//evil.example", "s/1/overview", ""]
)
def test_refuses_an_address_from_elsewhere(address: str) -> None:
    with pytest.raises(ValueError, match="Not an address of the panel"):
        link("Words", address)
