"""New processes take over from old ones, and no customer notices; `make rolling-test` does it with all of them."""

import asyncio

import pytest

from tools.rolling import run


@pytest.mark.timeout(600)
def test_replacing_processes_under_load_fails_no_request_and_loses_no_order(system):
    names = ("orders.web", "orders.worker")

    result = asyncio.run(run.run(system=system, names=names, rate=4.0, back=True, said=print))

    assert result.faults == []
    assert [row.turn.name for row in result.rows] == ["orders.web.next", "orders.worker.next", *names]
    assert set(names) <= set(system.parts())
