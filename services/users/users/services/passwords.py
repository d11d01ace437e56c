"""Hashing passwords with Argon2id, which takes its time: never inside a transaction; judging new ones."""

import secrets
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth import hashers, password_validation
from django.core.exceptions import ValidationError

from shared.errors import InvalidInput
from users.domain.passwords import missing_classes
from users.models import User


class Argon2(hashers.Argon2PasswordHasher):
    """Argon2id with the memory of PASSWORD_MEMORY_KIB; one lane, since the web has its own threads."""

    time_cost = 3
    parallelism = 1

    def params(self) -> Any:
        """Return the cost of a new hash."""
        self.memory_cost = settings.PASSWORD_MEMORY_KIB
        return super().params()


def check(password: str, *, field: str, email: str, username: str) -> None:
    """Judge a new password.

    Args:
        password: in clear.
        field: under which name the caller sent it.
        email: of its owner, which it must not resemble.
        username: likewise.

    Raises:
        InvalidInput: every broken rule, under the field's name.
    """
    texts = [f"The password must contain {kind}." for kind in missing_classes(password)]
    try:
        password_validation.validate_password(password, User(email=email, username=username))  # type: ignore[arg-type]
    except ValidationError as error:
        texts = [*error.messages, *texts]
    if texts:
        raise InvalidInput.of({field: texts})


def hashed(password: str) -> str:
    """Return the password's hash."""
    return hashers.make_password(password)


def matches(password: str, encoded: str) -> bool:
    """Return whether the password belongs to the hash."""
    return hashers.check_password(password, encoded)


def is_outdated(encoded: str) -> bool:
    """Return whether the hash was made with other parameters than today's."""
    return hashers.identify_hasher(encoded).must_update(encoded)


@cache
def nobodys() -> str:
    """Return a hash that no password matches: an unknown address takes as long as a wrong password."""
    return hashers.make_password(secrets.token_hex(20))


def unusable() -> str:
    """Return what stands for a password that nothing matches."""
    return hashers.make_password(None)
