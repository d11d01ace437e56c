"""What docker-compose.yml needs beside itself: `.env` with random secrets, and in `.compose/` the stores' and the
gateway's configuration. `python -m tools.compose` may be called again: secrets that are there stay.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import gateway
from devstack import config
from tools import secrets

PAGE = "/etc/envoy/index.html"  # where docker-compose.yml mounts the index page


def gateway_configuration() -> str:
    """Return the gateway's configuration with the addresses of the containers."""
    environ = {
        "LISTEN": "0.0.0.0:8080",
        "ADMIN": "0.0.0.0:9901",
        **{service.upper(): f"{service}-web:8000" for service in config.SERVICES},
    }
    return gateway.render_from_environment(environ=environ).replace(str(gateway.INDEX_PAGE), PAGE)


def environment(*, known: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of docker-compose.yml.

    Args:
        known: what `tools.secrets.passwords` returned.
    """
    found = dict(known)
    for service in config.SERVICES:
        own = secrets.environment(service=service, known=known)
        found |= {f"{service.upper()}_{name}": own[name] for name in ("DATABASE_URL", "BROKER_URL", "CACHE_URL")}
        owner = secrets.environment(service=service, known=known, owner=True)
        found[f"{service.upper()}_OWNER_DATABASE_URL"] = owner["DATABASE_URL"]
    return found | {f"AUDIT_{name}": url for name, url in secrets.audit(known=known).items()}


def write(*, folder: Path) -> list[Path]:
    """Write what is missing, the gateway's configuration always; returns what was written.

    Args:
        folder: where docker-compose.yml is.
    """
    beside = folder / ".compose"
    beside.mkdir(exist_ok=True)
    written = [beside / "envoy.yaml"]
    written[0].write_text(gateway_configuration(), encoding="utf-8")
    if not (folder / ".env").exists():
        known = secrets.passwords()
        variables = environment(known=known)
        texts = {
            # both are read by other users in the containers; one holds salted hashes, the other a password of the cache
            beside / "rabbitmq.json": json.dumps(secrets.definitions(known=known)),
            beside / "valkey.conf": f"requirepass {known['CACHE_PASSWORD']}\n",
            folder / ".env": "".join(f"{name}={value}\n" for name, value in variables.items()),
        }
        (folder / ".env").touch(mode=0o600)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
        written += texts
    return written


def main() -> int:
    """Run the command line; returns the exit code."""
    for path in write(folder=config.ROOT):
        sys.stdout.write(f"wrote {path.relative_to(config.ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
