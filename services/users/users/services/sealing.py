"""Encrypting what must be readable again: the first key of FIELD_KEYS encrypts, every key decrypts."""

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

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
    try:
        return _ring(tuple(settings.FIELD_KEYS)).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealedByUnknownKey from error
