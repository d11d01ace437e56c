"""Which passwords are good enough, and that hashes are Argon2id with the set cost."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from users.domain.passwords import missing_classes
from users.services import passwords

UPPER, LOWER, DIGIT, SPECIAL = (
    "an upper-case letter",
    "a lower-case letter",
    "a digit",
    "a special character",
)


@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("", [UPPER, LOWER, DIGIT, SPECIAL]),
        ("Abcdef1!", []),
        ("abcdef1!", [UPPER]),
        ("ABCDEF1!", [LOWER]),
        ("Abcdefg!", [DIGIT]),
        ("Abcdefg1", [SPECIAL]),
        ("Abcdef 1", [SPECIAL]),
        ("Ünïcöde7€", []),
        ("Ünïcöde7", [SPECIAL]),
    ],
)
def test_missing_kinds_of_characters_are_named(password, missing):
    assert missing_classes(password) == missing


@given(st.text(alphabet=string.ascii_lowercase, min_size=1))
def test_lower_case_alone_lacks_the_three_others(password):
    assert missing_classes(password) == [UPPER, DIGIT, SPECIAL]


@given(st.permutations(["A", "b", "3", "-"]))
def test_the_order_of_characters_does_not_matter(characters):
    assert missing_classes("".join(characters)) == []


def refused(password, email="ann@shop.example", username="Ann Lee"):
    with pytest.raises(InvalidInput) as caught:
        passwords.check(password, field="new_password", email=email, username=username)
    assert list(caught.value.details) == ["new_password"]
    return caught.value.details["new_password"]


@pytest.mark.parametrize(
    ("password", "text"),
    [
        ("Ab1!", "too short"),
        ("83627145", "entirely numeric"),
        ("P@ssw0rd", "too common"),
        ("lowercase-only-1", "an upper-case letter"),
        ("Shop.example1!", "too similar to the email"),
    ],
)
def test_each_weak_password_is_refused_with_its_reason(password, text):
    assert any(text in each for each in refused(password, email="shop.example1@shop.example"))


def test_a_password_like_the_username_is_refused():
    assert any("username" in each for each in refused("Annabel-Lee-7", username="annabel-lee-7"))


def test_every_broken_rule_is_told_at_once():
    assert len(refused("abc")) == 5


def test_a_good_password_passes():
    passwords.check("Correct-Horse-7", field="password", email="ann@shop.example", username="Ann")


def test_hashes_are_argon2id_with_the_memory_of_the_setting(settings):
    settings.PASSWORD_MEMORY_KIB = 128

    encoded = passwords.hashed("Correct-Horse-7")

    assert encoded.startswith("argon2$argon2id$v=19$m=128,t=1,p=1$")
    assert passwords.matches("Correct-Horse-7", encoded)
    assert not passwords.matches("correct-horse-7", encoded)


def test_a_hash_with_another_cost_is_outdated(settings):
    encoded = passwords.hashed("Correct-Horse-7")
    assert not passwords.is_outdated(encoded)

    settings.PASSWORD_MEMORY_KIB = 256

    assert passwords.is_outdated(encoded)


def test_nobodys_hash_costs_the_same_and_matches_nothing():
    encoded = passwords.nobodys()

    assert encoded.startswith("argon2$argon2id$v=19$m=64,t=1,p=1$")
    assert not passwords.matches("", encoded)
    assert not passwords.is_outdated(encoded)


def test_an_unusable_password_matches_nothing():
    assert not passwords.matches("", passwords.unusable())
