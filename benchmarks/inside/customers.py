"""Tokens of made-up customers, and the key set that they are signed for."""

from typing import Any
from uuid import UUID

from shared.testing import tokens


def jwks() -> dict[str, Any]:
    """Return the key set."""
    return tokens.jwks()


def signed(*, count: int) -> list[dict[str, str]]:
    """Return ids and good tokens of made-up customers."""
    found = []
    for number in range(1, count + 1):
        user_id = UUID(int=0x0192_0000_0000_7000_8000_0000_0000_0000 + number)
        found.append({"id": str(user_id), "token": tokens.token(user_id, exp=2**32)})
    return found
