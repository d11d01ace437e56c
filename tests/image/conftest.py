"""The suite "image": the images on a real engine, beside real stores; it runs by `make image-test` only.

Containers share the machine's network: they find the stores on loopback, and an engine without a bridge will do.
"""

import contextlib
import json
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devstack import ephemeral, ports, stack
from tools import image

SECRETS = ("DATABASE_URL", "BROKER_URL", "CACHE_URL", "SECRET_KEY", "FIELD_KEYS", "FIELD_INDEX_KEY", "SEED_PASSWORD")
#: As the chart runs them: nothing is writable but /tmp and, where a test mounts it, /metrics.
HARDENED = [
    *("--network", "host", "--read-only", "--tmpfs", "/tmp"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
]


def docker(*arguments: str, code: int = 0) -> str:
    """Run docker and return what it said; fails the test on another exit code."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout.strip()


@dataclass
class Container:
    """A running process of a service, and the seconds it took to be ready."""

    name: str
    management: str
    seconds: float = 0.0

    def get(self, path: str) -> tuple[int, str]:
        """Ask the management port."""
        try:
            with urllib.request.urlopen(f"http://{self.management}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def state(self) -> dict[str, Any]:
        """What the engine knows about it."""
        found: dict[str, Any] = json.loads(docker("inspect", self.name))[0]["State"]
        return found

    def wait_ready(self, *, seconds: float) -> None:
        """Wait for /readyz; fails with the log when it does not come."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            with contextlib.suppress(OSError):
                if self.get("/readyz")[0] == 200:
                    self.seconds = time.monotonic() - begun
                    return
            if not self.state()["Running"]:
                break
            time.sleep(0.1)
        log = subprocess.run(["docker", "logs", self.name], capture_output=True, text=True, check=False)
        pytest.fail(f"{self.name} was not ready after {seconds} s:\n{log.stdout}{log.stderr}")

    def tree(self) -> list[str]:
        """The command lines of its processes, the first one PID 1."""
        shown = docker("top", self.name, "-o", "pid,args")
        return [line.split(maxsplit=1)[1] for line in shown.splitlines()[1:]]


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """A Docker engine and the three images, or an error that says what to do."""
    image.engine()
    for service in ("users", "catalog", "orders"):
        image.inspect(service=service)


@pytest.fixture(scope="session")
def stores() -> Iterator[stack.Stack]:
    """PostgreSQL, RabbitMQ and Valkey."""
    with ephemeral.stores() as running:
        yield running


@pytest.fixture(scope="session")
def options(stores: stack.Stack, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[str]]:
    """The options of docker run for a service: its settings as variables, its secrets as files."""

    def make(service: str) -> list[str]:
        known = stores.common() | {"DATABASE_URL": stores.database_url(name=service)}
        folder: Path = tmp_path_factory.mktemp(f"secrets-{service}")
        for name in SECRETS:
            (folder / name).write_text(known.pop(name))
            (folder / name).chmod(0o644)
        for each in (folder, *folder.parents[:2]):
            each.chmod(0o755)
        known.pop("MAIL_DIR")
        variables = [option for name, value in known.items() for option in ("--env", f"{name}={value}")]
        return [*HARDENED, *variables, "--volume", f"{folder}:/run/secrets:ro"]

    return make


@pytest.fixture
def start(
    stores: stack.Stack, options: Callable[[str], list[str]], tmp_path: Path
) -> Iterator[Callable[..., Container]]:
    """Start a process of a service in a container; it is removed after the test.

    The directory of the metrics outlives a restart of the container, as an emptyDir does.
    """
    started: list[str] = []
    metrics = tmp_path / "metrics"
    metrics.mkdir()
    metrics.chmod(0o777)

    def run(service: str, process: str, *, metrics_at: str = "/metrics") -> Container:
        name = f"plaza-test-{uuid.uuid4().hex[:8]}"
        management = stores.address(name=f"{service}.{process}.management")
        settings = {
            "MANAGEMENT_BIND": management,
            "WEB_BIND": f"{ports.LOOPBACK}:{stores.ports[f'{service}.web']}",
            "DATABASE_POOL_MAX": "8" if process == "web" else "0",
        }
        if process in {"web", "worker"}:
            settings["PROMETHEUS_MULTIPROC_DIR"] = metrics_at
        variables = [option for key, value in settings.items() for option in ("--env", f"{key}={value}")]
        mounted = ["--volume", f"{metrics}:/metrics"]
        what = [image.tag(service=service), process]
        docker("run", "--detach", "--name", name, *options(service), *variables, *mounted, *what)
        started.append(name)
        container = Container(name=name, management=management)
        container.wait_ready(seconds=180)
        return container

    yield run
    for name in started:
        docker("rm", "--force", "--volumes", name)
