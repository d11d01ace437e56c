"""The schema of this release under the code of the last one, as in every upgrade and in every rollback."""

import sys
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from devstack import config
from devstack.parts import service
from tools import previous

PROCESSES = ("web", "worker")
NAMES = [f"{name}.{process}" for name in config.SERVICES for process in PROCESSES]


def replaced(system, parts):
    """Put processes in the place of those with the same names, all at once."""
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(system.remove, [each.name for each in parts]))
        list(pool.map(system.add, parts))


@pytest.fixture
def last_release(system, tmp_path, capsys):
    """The system with web and workers of the last release; relays and beat are of this one, as in mid-rollout."""
    reference = previous.reference()
    with capsys.disabled():
        sys.stdout.write(f"\nthe new schema under {reference.why} ")
    folder = previous.unpack(commit=reference.commit, folder=tmp_path)
    replaced(system, [previous.aged(stack=system.stack, name=name, folder=folder) for name in NAMES])
    yield folder
    built = [one for name in config.SERVICES for one in service.build(stack=system.stack, service=name)]
    replaced(system, [one for one in built if one.name in NAMES])


@pytest.mark.timeout(600)
def test_the_last_release_registers_sells_cancels_and_refunds_on_the_new_schema(
    system, shop, last_release, shopper, product
):
    customer, cup = shopper("10.00"), product("2.50", 8)
    bought = customer.order((cup, 2))
    poor = shopper("1.00").order((cup, 1))
    refunded = customer.order((cup, 1))
    shop.staff.call("POST", f"orders/{refunded['id']}/cancel/")

    assert (customer.settled(bought["id"])["status"], bought["total"]) == ("completed", "5.00")
    assert (poor["status"], poor["reason"]) == ("cancelled", "insufficient_funds")
    assert customer.settled(refunded["id"])["reason"] == "refunded"
    assert customer.get("users/me/")["username"] == "shopper"
    for name in NAMES:
        assert psutil.Process(system.status(name)["pid"]).cwd().startswith(str(last_release))
