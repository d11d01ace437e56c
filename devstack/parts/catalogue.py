"""The list of all parts: which exist, and which of them a stack needs."""

from collections.abc import Callable, Sequence

from devstack import config, errors, part
from devstack.parts import alertmanager, envoy, postgres, prometheus, rabbitmq, service, status, valkey
from devstack.stack import Stack

STORES: dict[str, Callable[..., part.Part]] = {
    "postgres": postgres.build,
    "rabbitmq": rabbitmq.build,
    "valkey": valkey.build,
}


def stores(*, stack: Stack, names: Sequence[str] = tuple(STORES)) -> list[part.Part]:
    """Build the named stores (and the databases on PostgreSQL) as far as the user has not given servers.

    Raises DevstackError for a name that is no store.
    """
    unknown = [name for name in names if name not in STORES]
    if unknown:
        choice = f"choose from {', '.join(STORES)}"
        raise errors.DevstackError(f"no such part: {', '.join(unknown)}", remedy=choice)
    built = [STORES[name](stack=stack) for name in names if not stack.is_given(part=name)]
    return [*built, postgres.databases(stack=stack)] if "postgres" in names else built


def system(*, stack: Stack) -> list[part.Part]:
    """Build everything: stores, the services' processes, the gateway, and what watches them if that is wanted."""
    services = [one for name in config.SERVICES for one in service.build(stack=stack, service=name)]
    watchers = [one.build(stack=stack) for one in (prometheus, alertmanager, status)] if stack.config.watched else []
    return [*stores(stack=stack), *services, envoy.build(stack=stack), *watchers]
