"""Encrypted values: readable with any key of the list, written with the first."""

import pytest
from cryptography.fernet import Fernet

from users.services import sealing

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_what_was_sealed_is_readable_and_not_in_clear(settings):
    settings.FIELD_KEYS = [OLD]

    sealed = sealing.seal("a secret")

    assert "a secret" not in sealed
    assert sealing.unseal(sealed) == "a secret"


def test_an_old_key_behind_the_new_one_still_reads(settings):
    settings.FIELD_KEYS = [OLD]
    sealed = sealing.seal("a secret")

    settings.FIELD_KEYS = [NEW, OLD]

    assert sealing.unseal(sealed) == "a secret"
    assert Fernet(NEW).decrypt(sealing.seal("another").encode()) == b"another"


def test_a_removed_key_is_a_clear_error(settings):
    settings.FIELD_KEYS = [OLD]
    sealed = sealing.seal("a secret")

    settings.FIELD_KEYS = [NEW]

    with pytest.raises(sealing.SealedByUnknownKey, match="FIELD_KEYS holds no key"):
        sealing.unseal(sealed)
