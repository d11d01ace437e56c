"""Entity tags (RFC 9110, section 8.8.3)."""

import hashlib


def tag_of(body: bytes) -> str:
    """Return the entity tag of a body."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def match(header: str, tag: str) -> bool:
    """Return whether an If-None-Match header names the tag (weak comparison)."""
    return header.strip() == "*" or tag in [each.strip().removeprefix("W/") for each in header.split(",")]
