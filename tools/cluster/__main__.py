"""`python -m tools.cluster`: the system installed, tested, rolled, upgraded, rolled back and removed in a cluster.

It takes the cluster of kubectl's current context, in which no namespace `plaza` may be. Images have to be where its
nodes find them; those of the stores and of the gateway can be replaced by docker-compose.yml's variables
(POSTGRES_IMAGE, …). Neither a storage class nor an ingress controller nor the internet is needed: the stores keep their
data in emptyDir.
"""

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tools.chart import fetch, render
from tools.cluster import kube, stage, turning
from tools.replay.errors import ReplayError


def prove(*, values: Sequence[Path], address: str, keep: bool, said: Callable[[str], None]) -> None:
    """Do every step in its order.

    Args:
        values: files for helm/plaza.
        address: where the gateway is reached; empty: by a forwarded port, and the gateway itself is not rolled.
        keep: leave everything installed in the end.
        said: tells a line to whoever looks on.

    Raises:
        ClusterFailed: which step failed, and what was said.
        ReplayError: the customers of the load could not be registered.
    """
    said(f"cluster: {kube.context()}")
    stage.refuse_guests()
    chosen = stage.options(values=values)
    try:
        stage.put_backing()
        said("stores and mail are ready")
        stage.ask(chosen=chosen)
        said("the API server takes every object of the chart")
        stage.install(chosen=chosen)
        said("installed, every pod is ready")
        kube.helm("test", stage.RELEASE)
        said("helm test passed")
        _use(address=address, said=said)
        stage.upgrade_and_back(chosen=chosen, said=said)
        kube.helm("test", stage.RELEASE)
        said("helm test passed again")
    finally:
        if not keep:
            stage.remove()
            said("uninstalled, nothing is left")


def _use(*, address: str, said: Callable[[str], None]) -> None:
    password = stage.seed()
    with _way_in(address=address) as reached, kube.forwarded(service="mail", port=8025) as mails:
        stage.end_to_end(address=reached, mails=mails, password=password)
        said("end-to-end tests passed")
        names = turning.deployments(with_gateway=bool(address))
        turning.roll(address=reached, password=password, names=names, said=said)
        said(f"{len(names)} deployments rolled under load: no request failed, no order was lost")


@contextlib.contextmanager
def _way_in(*, address: str) -> Iterator[str]:
    if address:
        yield address.rstrip("/")
    else:
        with kube.forwarded(service=f"{stage.RELEASE}-gateway", port=80) as forwarded:
            yield forwarded


def main(*, arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    local = render.HELM / "plaza" / "values-local.yaml"
    parser.add_argument("--values", type=Path, action="append", help=f"for helm/plaza ({local.name})")
    parser.add_argument("--address", default="", help="of the gateway, as http://10.0.0.5; default: a forwarded port")
    parser.add_argument("--keep", action="store_true", help="leave everything installed")
    given = parser.parse_args(arguments)
    begun = time.monotonic()

    def say(line: str) -> None:
        sys.stdout.write(f"{time.monotonic() - begun:5.0f} s  {line}\n")
        sys.stdout.flush()

    try:
        prove(values=given.values or [local], address=given.address, keep=given.keep, said=say)
    except (kube.ClusterFailed, fetch.FetchFailed, render.RenderFailed) as error:
        sys.stderr.write(f"cluster: {error}\n")
        return 1
    except ReplayError as error:
        sys.stderr.write(f"cluster: {error.what}: {error.why}; {error.remedy}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
