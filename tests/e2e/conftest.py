"""The whole system, once for all end-to-end tests; tests reach it only through the gateway.

With BASE_URL (and STAFF_EMAIL, STAFF_PASSWORD) given, the tests that break nothing run against that system instead.
"""

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator

import pytest
from shop import Shop, Shopper

from devstack import demo, ephemeral
from tools.traces.receiver import Receiver


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
        with ephemeral.system() as running:
            yield running


@pytest.fixture(scope="session")
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """The public API, and a member of staff who can use it."""
    if base := os.environ.get("BASE_URL"):
        made = Shop(base, os.environ["STAFF_EMAIL"], os.environ["STAFF_PASSWORD"])
    else:
        running = request.getfixturevalue("system")
        made = Shop(running.gateway_url, demo.STAFF, running.password)
    with contextlib.closing(made.http):
        yield made


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
