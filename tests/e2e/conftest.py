"""The whole system, once for all end-to-end tests; tests reach it only through the gateway.

With BASE_URL (and STAFF_PASSWORD, STAFF_EMAIL unless it is the demo's) given, they run against that system instead.
Those that reach into the system (kill its parts, read its logs or tables) are left out then, by the marker `inside`;
so are those that read mails, unless MAILPIT_URL names a Mailpit, such as docker-compose.yml's.
"""

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator

import pytest
from post import Mailpit, Post
from shop import Shop, Shopper

from devstack import demo, ephemeral
from tools.traces.receiver import Receiver

INSIDE = frozenset({"system", "collector"})
BASE_URL = os.environ.get("BASE_URL", "")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that reach into the system, and leave them out where there is only its address."""
    inside = INSIDE if os.environ.get("MAILPIT_URL") else INSIDE | {"mailbox"}
    for item in items:
        # whichever test comes first starts the system, and the machine may be busy
        item.add_marker(pytest.mark.timeout(600), append=False)
        if inside & set(getattr(item, "fixturenames", ())):
            item.add_marker("inside")
    if not BASE_URL:
        return
    if not os.environ.get("STAFF_PASSWORD"):
        raise pytest.UsageError("BASE_URL needs STAFF_PASSWORD (and STAFF_EMAIL): the tests act as staff")
    left_out = [item for item in items if item.get_closest_marker("inside")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
    config.stash[LEFT_OUT] = len(left_out)


LEFT_OUT = pytest.StashKey[int]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which system was tested, and what was left out."""
    if BASE_URL:
        left_out = config.stash.get(LEFT_OUT, 0)
        terminalreporter.write_line(f"{BASE_URL}: {left_out} tests left out, for they reach into the system (inside)")


@pytest.fixture(scope="session")
def collector() -> Iterator[Receiver]:
    """Where the system sends its traces, all of them."""
    with contextlib.closing(Receiver()) as receiver:
        yield receiver


@pytest.fixture(scope="session")
def system(collector: Receiver) -> Iterator[ephemeral.System]:
    """Everything that `make up` starts, on ports of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        patch.setenv("OTEL_TRACES_SAMPLER_ARG", "1")
        patch.setenv("OBSERVE_SECONDS", "10")  # beat looks at the tables more often, for those who look at it
        with ephemeral.system(watched=True) as running:
            yield running


@pytest.fixture(scope="session")
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """The public API, and a member of staff who can use it."""
    if BASE_URL:
        made = Shop(BASE_URL, os.environ.get("STAFF_EMAIL") or demo.STAFF, os.environ["STAFF_PASSWORD"])
    else:
        running = request.getfixturevalue("system")
        made = Shop(running.gateway_url, demo.STAFF, running.password)
    with contextlib.closing(made.http):
        yield made


@pytest.fixture
def mailbox(request: pytest.FixtureRequest) -> Iterator[Post | Mailpit]:
    """The mails that users have sent."""
    if BASE_URL:
        with contextlib.closing(Mailpit(os.environ["MAILPIT_URL"])) as read:
            yield read
    else:
        yield Post(request.getfixturevalue("system").stack.run_dir / "mail")


@pytest.fixture
def shopper(shop: Shop) -> Callable[..., Shopper]:
    """Make customers with money: shopper("100.00")."""

    def make(money: str = "1000.00") -> Shopper:
        return shop.customer(f"shopper-{uuid.uuid4()}@example.com", money)

    return make


@pytest.fixture
def product(shop: Shop) -> Callable[..., str]:
    """Make products and return their ids: product(price="2.50", stock=10)."""

    def make(price: str = "2.50", stock: int = 100) -> str:
        return shop.product(f"E2E-{uuid.uuid4()}", price, stock)

    return make
