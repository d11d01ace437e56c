"""The list of all parts: which exist, in which groups they are asked for."""

from collections.abc import Callable, Sequence

from devstack import errors, part
from devstack.parts import postgres, rabbitmq, valkey
from devstack.stack import Stack

STORES = ("postgres", "rabbitmq", "valkey")
SINGLE: dict[str, Callable[..., part.Part]] = {
    "postgres": postgres.build,
    "databases": postgres.databases,
    "rabbitmq": rabbitmq.build,
    "valkey": valkey.build,
}


def stores(*, stack: Stack, names: Sequence[str] = STORES) -> list[part.Part]:
    """Build the named stores (and the databases on PostgreSQL) as far as the user has not given servers.

    Raises DevstackError for a name that is no store.
    """
    unknown = [name for name in names if name not in STORES]
    if unknown:
        raise errors.DevstackError(
            f"no such part: {', '.join(unknown)}", remedy=f"choose from {', '.join(STORES)}"
        )
    built = [SINGLE[name](stack=stack) for name in names if not stack.is_given(part=name)]
    return [*built, postgres.databases(stack=stack)] if "postgres" in names else built
