"""The system of a run: every part of `make up`, the services' stores behind proxies, a mutant where one is wanted."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence

from devstack import config, ephemeral, part
from devstack import stack as stacks
from devstack.parts import catalogue, envoy, service
from tools.chaos import inside, skew
from tools.chaos.network import STORES, Network


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wired:
    """A running system, and the lines inside it."""

    system: ephemeral.System
    network: Network


@contextlib.contextmanager
def wired(*, mutant: str) -> Iterator[Wired]:
    """Run a whole system whose services reach their stores through proxies.

    mutant names the protection that is switched off; empty for none.
    Raises DevstackError when a part does not start.
    """
    with contextlib.ExitStack() as opened:
        networks: list[Network] = []

        def build(stack: stacks.Stack) -> list[part.Part]:
            network = opened.enter_context(Network(targets={store: stack.ports[store] for store in STORES}))
            networks.append(network)
            return parts(stack=stack, network=network, mutant=mutant)

        system = opened.enter_context(ephemeral.system(build=build))
        yield Wired(system=system, network=networks[0])


def parts(*, stack: stacks.Stack, network: Network, mutant: str) -> list[part.Part]:
    """Describe all parts; only the services see the proxies and what is put inside."""
    built: list[part.Part] = []
    for name in config.SERVICES:
        seen = dataclasses.replace(stack, ports={**stack.ports, **network.ports(service=name)})
        built += [skew.adjustable(one, stack=stack) for one in service.build(stack=seen, service=name)]
    return [*catalogue.stores(stack=stack), *chaotic(parts=built, mutant=mutant), envoy.build(stack=stack)]


def chaotic(*, parts: Sequence[part.Part], mutant: str) -> list[part.Part]:
    """Give the parts of the services settings that put into them what the run needs there."""
    return [
        dataclasses.replace(one, environment={**one.environment, **_inside(one.name.partition(".")[0], mutant)})
        for one in parts
    ]


def _inside(service: str, mutant: str) -> dict[str, str]:
    return {**inside.environment(service=service, mutant=mutant), "PYTHONPATH": str(config.ROOT)}
