"""Small files of the run directory: JSON written in one step, secrets made once."""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any

from devstack import config


def read(*, path: Path) -> dict[str, Any]:
    """Read a JSON object; a missing or half-written file is an empty one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write(*, path: Path, content: dict[str, Any], mode: int = 0o600) -> None:
    """Write a JSON object so that a reader sees the old one or the new one, never a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=1)
    draft.replace(path)


def passwords(*, path: Path) -> dict[str, str]:
    """Return the secrets of a run directory, made at the first call and kept in a file of mode 600."""
    known = {str(key): str(value) for key, value in read(path=path).items()}
    made = {
        "secret_key": secrets.token_urlsafe(48),
        # a Fernet key: 32 random bytes, URL-safe base64 (https://github.com/fernet/spec)
        "field_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "field_index_key": secrets.token_urlsafe(48),
        "postgres": secrets.token_hex(16),
        "rabbitmq": secrets.token_hex(16),
        "valkey": secrets.token_hex(16),
        # satisfies every password rule of the API: both cases, a digit, a sign
        "seed": f"Plaza-{secrets.token_hex(4)}-9X!",
    }
    roles = [f"{service}{kind}" for service in config.SERVICES for kind in ("", "_owner", "_broker")]
    made |= {name: secrets.token_hex(16) for name in ("audit", *roles)}
    complete = made | known
    if complete != known:
        write(path=path, content=complete)
    return complete
