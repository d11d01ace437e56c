"""Random secrets for a system on one machine. Who may do what with them is in k8s/backing and devstack/accounts.py.

`python -m tools.secrets` prints the Secrets that k8s/backing and the charts name, for `kubectl apply -f -`. Production
gets its own from the organisation's secret store; the names of the keys are the same.
"""

import base64
import json
import secrets
import sys
from collections.abc import Mapping
from typing import Any

from devstack import accounts, config

SERVICES = config.SERVICES
NAMESPACE = "plaza"


def passwords() -> dict[str, str]:
    """Return new random passwords by the names of their variables."""
    names = ["POSTGRES_PASSWORD", "AUDIT_PASSWORD", "CACHE_PASSWORD", "GRAFANA_PASSWORD"]
    for service in SERVICES:
        upper = service.upper()
        names += [f"{upper}_PASSWORD", f"{upper}_OWNER_PASSWORD", f"{upper}_BROKER_PASSWORD", f"{upper}_SECRET_KEY"]
    found = {name: secrets.token_urlsafe(32) for name in names}
    found["SEED_PASSWORD"] = f"Plaza-{secrets.token_hex(6)}-9X!"
    return found | {
        "FIELD_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "FIELD_INDEX_KEY": secrets.token_urlsafe(32),
    }


def environment(*, service: str, known: Mapping[str, str], owner: bool = False) -> dict[str, str]:
    """Return a service's secret settings, with the stores under their names in the cluster.

    Args:
        service: users, catalog or orders.
        known: what `passwords` returned.
        owner: for the migrations, which own the tables.
    """
    upper, role = service.upper(), f"{service}_owner" if owner else service
    password = known[f"{upper}_OWNER_PASSWORD" if owner else f"{upper}_PASSWORD"]
    found = {
        "DATABASE_URL": f"postgresql://{role}:{password}@postgres:5432/{service}",
        "BROKER_URL": f"amqp://{service}:{known[f'{upper}_BROKER_PASSWORD']}@rabbitmq:5672//",
        "CACHE_URL": f"redis://:{known['CACHE_PASSWORD']}@valkey:6379/{SERVICES.index(service)}",
        "SECRET_KEY": known[f"{upper}_SECRET_KEY"],
    }
    own = {name: known[name] for name in ("FIELD_KEYS", "FIELD_INDEX_KEY", "SEED_PASSWORD")}
    return found | (own | {"MAIL_URL": "smtp://mail:1025"} if service == "users" else {})


def definitions(*, known: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Return RabbitMQ's definitions for what `passwords` returned."""
    return accounts.definitions(passwords={each: known[f"{each.upper()}_BROKER_PASSWORD"] for each in SERVICES})


def audit(*, known: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses of all databases for the role that audits across them and may only read."""
    password = known["AUDIT_PASSWORD"]
    return {
        f"{each.upper()}_DATABASE_URL": f"postgresql://plaza_audit:{password}@postgres:5432/{each}" for each in SERVICES
    }


def kubernetes() -> str:
    """Return the Secrets of a local cluster as one JSON list, which kubectl applies."""
    known = passwords()
    found = {f"plaza-{each}": environment(service=each, known=known) for each in SERVICES}
    found |= {f"plaza-{each}-owner": environment(service=each, known=known, owner=True) for each in SERVICES}
    roles = [name for each in SERVICES for name in (f"{each.upper()}_PASSWORD", f"{each.upper()}_OWNER_PASSWORD")]
    found["plaza-postgres"] = {name: known[name] for name in ("POSTGRES_PASSWORD", "AUDIT_PASSWORD", *roles)}
    found["plaza-rabbitmq"] = {"definitions.json": json.dumps(definitions(known=known))}
    found["plaza-valkey"] = {"valkey.conf": f"requirepass {known['CACHE_PASSWORD']}\n"}
    found["plaza-audit"] = audit(known=known)
    items = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "type": "Opaque",
            "stringData": data,
        }
        for name, data in found.items()
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=1) + "\n"


def main() -> int:
    """Print the Secrets."""
    sys.stdout.write(kubernetes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
