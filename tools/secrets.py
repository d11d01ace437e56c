"""Random secrets for a system on one machine, and who may do what with them in the stores.

`python -m tools.secrets` prints the Secrets that k8s/backing and the charts name, for `kubectl apply -f -`. Production
gets its own from the organisation's secret store; the names of the keys are the same.
"""

import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Mapping

from devstack import config

SERVICES = config.SERVICES
NAMESPACE = "plaza"
#: What a service's account may do in RabbitMQ: use its own two queues, and bind and publish through the two exchanges;
#: by topic it publishes only what begins with its own name. The default exchange, remote control and the queues of
#: others are closed. To declare an exchange that is there needs the right to configure it
#: (https://www.rabbitmq.com/docs/access-control#authorisation).
RESOURCES = r"^(plaza\.(events|dead)|{service}\.(events|dead))$"
TOPICS = r"^{service}\..*"


def passwords() -> dict[str, str]:
    """Return new random passwords by the names of their variables."""
    names = ["POSTGRES_PASSWORD", "CACHE_PASSWORD", "GRAFANA_PASSWORD"]
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


def definitions(*, known: Mapping[str, str]) -> dict[str, object]:
    """Return RabbitMQ's definitions: an account for each service, with no right that it does not use.

    Passwords are stored as salted SHA-256 (https://www.rabbitmq.com/docs/passwords).
    """
    rights = {service: RESOURCES.format(service=service) for service in SERVICES}
    return {
        "vhosts": [{"name": "/"}],
        "users": [_account(service, known[f"{service.upper()}_BROKER_PASSWORD"]) for service in SERVICES],
        "permissions": [
            {"user": service, "vhost": "/", "configure": right, "write": right, "read": right}
            for service, right in rights.items()
        ],
        "topic_permissions": [
            {"user": each, "vhost": "/", "exchange": "plaza.events", "write": TOPICS.format(service=each), "read": ".*"}
            for each in SERVICES
        ],
    }


def _account(name: str, password: str) -> dict[str, object]:
    salt = secrets.token_bytes(4)
    digest = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    return {"name": name, "password_hash": digest, "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": []}


def kubernetes() -> str:
    """Return the Secrets of a local cluster as one JSON list, which kubectl applies."""
    known = passwords()
    found = {f"plaza-{each}": environment(service=each, known=known) for each in SERVICES}
    found |= {f"plaza-{each}-owner": environment(service=each, known=known, owner=True) for each in SERVICES}
    roles = [name for each in SERVICES for name in (f"{each.upper()}_PASSWORD", f"{each.upper()}_OWNER_PASSWORD")]
    found["plaza-postgres"] = {name: known[name] for name in ("POSTGRES_PASSWORD", *roles)}
    found["plaza-rabbitmq"] = {"definitions.json": json.dumps(definitions(known=known))}
    found["plaza-valkey"] = {"valkey.conf": f"requirepass {known['CACHE_PASSWORD']}\n"}
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
