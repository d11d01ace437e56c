"""The containers of docker-compose.yml on a network of their own, started in order, gone afterwards."""

import contextlib
import os
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import HealthcheckWaitStrategy

from devstack import config, demo
from tools import compose, image
from tools.containers import recipe

START_SECONDS = 600
#: What the tests need other than a deployment: many logins and requests of one client.
FOR_TESTS = {"LOGIN_RATE": "100000/min", "RATE_ANONYMOUS": "10000000/h", "RATE_USER": "10000000/h"}
OPEN = {"gateway": 8080, "mail": 8025}


class System:
    """A running system in containers.

    Args:
        containers: by their names in docker-compose.yml.
        password: of the seeded staff.
    """

    def __init__(self, *, containers: Mapping[str, DockerContainer], password: str) -> None:
        self.containers = containers
        self.password = password

    def address(self, name: str) -> str:
        """Return the address of an open port from outside: of the gateway, or of the mails."""
        container = self.containers[name]
        return f"http://{container.get_container_host_ip()}:{container.get_exposed_port(OPEN[name])}"

    def environment(self) -> dict[str, str]:
        """Return what makes the end-to-end tests run against this system."""
        return {
            "BASE_URL": self.address("gateway"),
            "MAILPIT_URL": self.address("mail"),
            "STAFF_EMAIL": demo.STAFF,
            "STAFF_PASSWORD": self.password,
        }

    def seed(self) -> None:
        """Make the demo data; raises ImageFailed with what a service's command said."""
        for service in config.SERVICES:
            done = self.containers[f"{service}-worker"].exec(["python3", "-m", "shared.launch", "manage", "seed"])
            if done.exit_code:
                raise image.ImageFailed(f"{service} could not be seeded:\n{done.output.decode()}")


@contextlib.contextmanager
def system(*, environ: Mapping[str, str] = os.environ) -> Iterator[System]:
    """Run the system in containers while the block runs, with the demo data.

    Args:
        environ: may name other images, such as POSTGRES_IMAGE; see docker-compose.yml.

    Raises:
        ImageFailed: there is no engine, or a container did not become what the next one needs.
        tools.containers.recipe.RecipeFailed: as `recipe.read`.
    """
    image.engine()
    for service in config.SERVICES:
        image.inspect(service=service)
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as opened:
        beside = Path(scratch)
        beside.chmod(0o755)  # the containers' users read their files in it
        compose.write(folder=beside)
        lines = (beside / ".env").read_text(encoding="utf-8").splitlines()
        own = dict(line.split("=", 1) for line in lines)
        recipes = recipe.read(variables={"VERSION": image.version()} | dict(environ) | own | FOR_TESTS, beside=beside)
        running = System(containers=_start(recipes=recipes, opened=opened), password=own["SEED_PASSWORD"])
        running.seed()
        yield running


def _start(*, recipes: Sequence[recipe.Recipe], opened: contextlib.ExitStack) -> dict[str, DockerContainer]:
    network = opened.enter_context(Network())
    started: dict[str, DockerContainer] = {}
    for each in recipes:
        for name, wanted in each.needs.items():
            _wait(name=name, container=started[name], wanted=wanted)
        started[each.name] = opened.enter_context(_container(made_of=each, network=network))
    for each in recipes:
        if each.healthcheck:
            _wait(name=each.name, container=started[each.name], wanted=recipe.HEALTHY)
    return started


def _container(*, made_of: recipe.Recipe, network: Network) -> DockerContainer:
    container = DockerContainer(
        made_of.image,
        env=dict(made_of.environment),
        name=f"plaza-test-{made_of.name}-{uuid.uuid4().hex[:8]}",
        volumes=list(made_of.mounts),
        network=network,
        network_aliases=[made_of.name],
        ports=[OPEN[made_of.name]] if made_of.name in OPEN else [],
    )
    options = dict(made_of.hardening)
    container.tmpfs.update(options.pop("tmpfs", {}))
    if made_of.command:
        container.with_command(made_of.command)
    if made_of.healthcheck:
        options["healthcheck"] = made_of.healthcheck
    return container.with_kwargs(**options)


def _wait(*, name: str, container: DockerContainer, wanted: str) -> None:
    try:
        if wanted == recipe.HEALTHY:
            HealthcheckWaitStrategy().with_startup_timeout(START_SECONDS).wait_until_ready(container)
        else:
            _wait_completed(container=container)
    except (RuntimeError, TimeoutError) as error:
        said = b"\n".join(container.get_logs()).decode(errors="replace").strip().splitlines()[-15:]
        raise image.ImageFailed(f"{name}: {error}\n" + "\n".join(said)) from error


def _wait_completed(*, container: DockerContainer) -> None:
    wrapped = container.get_wrapped_container()
    deadline = time.monotonic() + START_SECONDS
    while wrapped.status != "exited":
        if time.monotonic() > deadline:
            raise TimeoutError(f"still running after {START_SECONDS} s")
        time.sleep(0.5)
        wrapped.reload()
    if code := wrapped.attrs["State"]["ExitCode"]:
        raise RuntimeError(f"ended with exit code {code}")
