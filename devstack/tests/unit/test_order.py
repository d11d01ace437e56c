"""Order by needs."""

import pytest

from devstack import errors, order


def test_a_part_starts_after_everything_it_needs():
    needs = {"web": ["migrate"], "migrate": ["database", "broker"], "database": [], "broker": [], "gateway": ["web"]}

    waves = order.waves(needs=needs)

    assert waves == [["broker", "database"], ["migrate"], ["web"], ["gateway"]]


def test_no_parts_have_no_waves():
    assert order.waves(needs={}) == []


def test_a_need_that_does_not_exist_is_named():
    with pytest.raises(errors.DevstackError, match="not in the stack: broker, cache"):
        order.waves(needs={"web": ["broker", "cache"]})


def test_a_circle_is_refused_with_its_members_only():
    with pytest.raises(errors.DevstackError, match=r"in a circle: a, b$"):
        order.waves(needs={"a": ["b"], "b": ["a"], "free": []})


@pytest.mark.parametrize(("ready", "expected"), [({"a"}, False), ({"a", "b"}, True), ({"a", "b", "c"}, True)])
def test_needs_are_met_when_all_are_ready(ready, expected):
    assert order.met(needs=["a", "b"], ready=frozenset(ready)) is expected
