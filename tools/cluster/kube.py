"""kubectl and helm, asked with clear errors; nothing here knows what is installed."""

import contextlib
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

from tools.chart import fetch, render

NAMESPACE = render.NAMESPACE
_FORWARDED = re.compile(r"Forwarding from (127\.0\.0\.1:\d+) ->")


class ClusterFailed(Exception):
    """A step could not be done; says which command said what."""


def kubectl(*arguments: str, given: str = "") -> str:
    """Run kubectl in the system's namespace and return what it said.

    Args:
        arguments: of kubectl.
        given: its standard input.

    Raises:
        ClusterFailed: it failed.
    """
    return _run(command=[fetch.kubectl(), "--namespace", NAMESPACE, *arguments], given=given)


def helm(*arguments: str) -> str:
    """Run helm in the system's namespace and return what it said; raises ClusterFailed."""
    return _run(command=[fetch.helm(), "--namespace", NAMESPACE, *arguments], given="")


def listed(kind: str, *, selector: str = "") -> list[dict[str, Any]]:
    """Return the objects of a kind, those with some labels only; raises ClusterFailed."""
    options = ["--selector", selector] if selector else []
    found: list[dict[str, Any]] = json.loads(kubectl("get", kind, *options, "--output", "json"))["items"]
    return found


def context() -> str:
    """Return the name of the current context; raises ClusterFailed when its API server does not answer."""
    kubectl("version", "--output", "json")
    return kubectl("config", "current-context").strip()


@contextlib.contextmanager
def forwarded(*, service: str, port: int) -> Iterator[str]:
    """Forward a local port to a Service while the block runs, and give its address.

    kubectl chooses one pod of the Service and holds on to it: what replaces that pod ends the forwarding.

    Raises:
        ClusterFailed: there is no pod that could answer.
    """
    command = [fetch.kubectl(), "--namespace", NAMESPACE, "port-forward", f"service/{service}", f":{port}"]
    with subprocess.Popen(  # noqa: S603 (fixed program)
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            if not (found := _FORWARDED.search(said)):
                raise ClusterFailed(f"no port of {service} could be forwarded: {said.strip()}")
            yield f"http://{found[1]}"
        finally:
            process.terminate()


def _run(*, command: Sequence[str], given: str) -> str:
    done = subprocess.run(  # noqa: S603 (fixed programs)
        command, input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        asked = " ".join(command[1:])
        raise ClusterFailed(f"`{asked}` failed:\n{(done.stderr or done.stdout).strip()}")
    return done.stdout
