"""What must not leave the process in a log line or an error report: personal data and secrets, by key and by look."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

KEYS = frozenset(
    {
        "access",
        "authorization",
        "cookie",
        "current_password",
        "email",
        "location",
        "new_password",
        "new_password_confirm",
        "password",
        "password_confirm",
        "phone",
        "phone_number",
        "refresh",
        "secret",
        "token",
        "username",
    }
)
MASK = "***"
_DEEPEST = 6
_CONTAINERS = frozenset({dict, list, tuple, set, frozenset})
# An address, also with its local part quoted; a URL's user and password; a JWT (RFC 7519: base64url of `{"`).
_ADDRESS = re.compile(r"[^\s\"'<>()\[\]{},;:=/\\|]+@(?:[A-Za-z0-9_-]+\.)+[A-Za-z]{2,}")
_USERINFO = re.compile(r"(?<=://)[^\s/@\"]+(?=@)")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?")


def text(said: str) -> str:
    """Return a text without what looks like an e-mail address, a password in a URL or a token."""
    if "@" in said:
        said = _ADDRESS.sub(MASK, _USERINFO.sub(MASK, said))
    return _JWT.sub(MASK, said) if "eyJ" in said else said


def texts(value: Any) -> Any:
    """Return a value in which every text, however deep, is one without what looks personal."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {key: texts(each) for key, each in value.items()}
    return [texts(each) for each in value] if isinstance(value, list | tuple) else value


def top(line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask the values of telling keys, also those inside of its values, in the mapping itself; made for speed."""
    for key in KEYS & line.keys():
        line[key] = MASK
    if not _CONTAINERS.isdisjoint(map(type, line.values())):
        for key, value in line.items():
            line[key] = _inside(value, 0)
    return line


def values(given: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return a mapping with the values of telling keys masked, also those inside of its values."""
    return {
        key: MASK if isinstance(key, str) and key.lower() in KEYS else _inside(value, depth)
        for key, value in given.items()
    }


def _inside(value: Any, depth: int) -> Any:
    """Return a value with what is inside of it masked; what lies too deep is not shown at all."""
    if type(value) not in _CONTAINERS:
        return value
    if depth >= _DEEPEST:
        return MASK
    if isinstance(value, dict):
        return values(value, depth + 1)
    inside = [_inside(each, depth + 1) for each in value]
    return tuple(inside) if isinstance(value, tuple) else inside
