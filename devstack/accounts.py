"""Who may do what in RabbitMQ: one account for each service, wherever it runs. PostgreSQL's are in k8s/backing.

The embedded stack, docker-compose.yml and k8s/backing all take their accounts from here.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

#: What a service's account may do: use its own two queues, and bind and publish through the two exchanges; by topic it
#: publishes only what begins with its own name. The default exchange, remote control and the queues of others are
#: closed. To declare an exchange that is there needs the right to configure it
#: (https://www.rabbitmq.com/docs/access-control#authorisation).
RESOURCES = r"^(plaza\.(events|dead)|{service}\.(events|dead))$"
TOPICS = r"^{service}\..*"
HOST = "/"


def definitions(*, passwords: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Return RabbitMQ's definitions: an account for each service, with no right that it does not use.

    Args:
        passwords: of the accounts, by service.
    """
    rights = {service: RESOURCES.format(service=service) for service in passwords}
    return {
        "vhosts": [{"name": HOST}],
        "users": [account(name=service, password=password) for service, password in passwords.items()],
        "permissions": [
            {"user": service, "vhost": HOST, "configure": right, "write": right, "read": right}
            for service, right in rights.items()
        ],
        "topic_permissions": [
            {
                "user": service,
                "vhost": HOST,
                "exchange": "plaza.events",
                "write": TOPICS.format(service=service),
                "read": ".*",
            }
            for service in passwords
        ],
    }


def account(*, name: str, password: str, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an account; its password is stored as salted SHA-256 (https://www.rabbitmq.com/docs/passwords)."""
    salt = secrets.token_bytes(4)
    digest = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    return {
        "name": name,
        "password_hash": digest,
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": list(tags),
    }
