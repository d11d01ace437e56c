"""Encrypting what must be readable again, and finding it without reading it.

The first key of FIELD_KEYS encrypts, every key decrypts; FIELD_INDEX_KEY makes the blind index that answers "equal?".
"""

import hashlib
import hmac
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from shared.errors import AppError


class SealedByUnknownKey(AppError):
    """A stored value was encrypted with a key that FIELD_KEYS no longer holds."""

    message = "FIELD_KEYS holds no key for a stored value; put the old key back behind the new one."


@cache
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    """Return the cipher of a list of keys."""
    return MultiFernet([Fernet(key) for key in keys])


def seal(text: str) -> str:
    """Return the text encrypted."""
    return _ring(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the text again; raises SealedByUnknownKey."""
    return _opened(sealed, tuple(settings.FIELD_KEYS))


def is_current(sealed: str) -> bool:
    """Return whether the text was encrypted with the key that encrypts now."""
    try:
        _opened(sealed, tuple(settings.FIELD_KEYS[:1]))
    except SealedByUnknownKey:
        return False
    return True


def _opened(sealed: str, keys: tuple[str, ...]) -> str:
    """Return the text that one of the keys decrypts; raises SealedByUnknownKey."""
    try:
        return _ring(keys).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealedByUnknownKey from error


def blind_index(text: str) -> bytes:
    """Return what stands for a text in a column that is searched for equality (HMAC-SHA256, RFC 2104).

    Args:
        text: in its one canonical form; equal texts have equal indexes, and nothing else can be told from them
            without the key.
    """
    return hmac.new(settings.FIELD_INDEX_KEY.encode(), text.encode(), hashlib.sha256).digest()


class SealedField(models.TextField):  # type: ignore[type-arg]
    """A text that code reads and writes in clear and the database holds encrypted.

    Two encryptions of one text differ, so nothing can be looked up by this column: give it a blind index beside it.
    """

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way into the database."""
        text = super().get_prep_value(value)
        return None if text is None else seal(text)

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """Decrypt on the way out; raises SealedByUnknownKey."""
        return None if value is None else unseal(value)

    def get_lookup(self, lookup_name: str) -> Any:
        """Allow only the question whether there is a value; a comparison with a ciphertext is a defect."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
