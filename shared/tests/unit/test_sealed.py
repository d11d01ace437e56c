"""Encrypted values: readable with any key of the list, written with the first, found by their index alone."""

import hashlib
import hmac

import pytest
from cryptography.fernet import Fernet

from shared.db import sealed

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_what_was_sealed_is_readable_and_not_in_clear(settings):
    settings.FIELD_KEYS = [OLD]

    stored = sealed.seal("a secret")

    assert "a secret" not in stored
    assert sealed.unseal(stored) == "a secret"


def test_two_equal_texts_look_different(settings):
    settings.FIELD_KEYS = [OLD]

    assert sealed.seal("a secret") != sealed.seal("a secret")


def test_an_old_key_behind_the_new_one_still_reads(settings):
    settings.FIELD_KEYS = [OLD]
    stored = sealed.seal("a secret")

    settings.FIELD_KEYS = [NEW, OLD]

    assert sealed.unseal(stored) == "a secret"
    assert Fernet(NEW).decrypt(sealed.seal("another").encode()) == b"another"
    assert not sealed.is_current(stored)
    assert sealed.is_current(sealed.seal("another"))


def test_a_removed_key_is_a_clear_error(settings):
    settings.FIELD_KEYS = [OLD]
    stored = sealed.seal("a secret")

    settings.FIELD_KEYS = [NEW]

    with pytest.raises(sealed.SealedByUnknownKey, match="FIELD_KEYS holds no key"):
        sealed.unseal(stored)


def test_an_index_is_the_same_for_equal_texts_and_useless_without_its_key(settings):
    settings.FIELD_INDEX_KEY = "first-index-key-first-index-key-"
    index = sealed.blind_index("15550100000")

    assert index == sealed.blind_index("15550100000")
    assert index == hmac.new(b"first-index-key-first-index-key-", b"15550100000", hashlib.sha256).digest()
    assert index != sealed.blind_index("15550100001")
    settings.FIELD_INDEX_KEY = "other-index-key-other-index-key-"
    assert index != sealed.blind_index("15550100000")


def test_a_field_encrypts_on_the_way_in_and_decrypts_on_the_way_out(settings):
    settings.FIELD_KEYS = [OLD]
    field = sealed.SealedField(null=True)

    stored = field.get_prep_value("a secret")

    assert Fernet(OLD).decrypt(stored.encode()) == b"a secret"
    assert field.from_db_value(stored, None, None) == "a secret"
    assert (field.get_prep_value(None), field.from_db_value(None, None, None)) == (None, None)


@pytest.mark.parametrize("name", ["exact", "in", "contains", "startswith", "gt"])
def test_a_sealed_column_cannot_be_compared(name):
    assert sealed.SealedField().get_lookup(name) is None
    assert sealed.SealedField().get_lookup("isnull") is not None
