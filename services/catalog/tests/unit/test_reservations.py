"""The reservation lattice, exhaustively: every order of every event, each up to twice."""

from itertools import product
from uuid import UUID

import pytest

from catalog.domain import reservations
from catalog.domain.reservations import COMMITTED, HELD, REJECTED, RELEASED, Missing, Step

A, B = UUID(int=1), UUID(int=2)


def test_a_completed_order_sells_only_what_is_held():
    assert reservations.commit(HELD) == Step(state=COMMITTED, shelf=-1, hold=-1, entry="commit")
    assert [reservations.commit(state) for state in (COMMITTED, RELEASED, REJECTED)] == [None] * 3


def test_a_cancelled_order_gives_back_what_is_held_or_sold():
    assert reservations.release(HELD) == Step(state=RELEASED, shelf=0, hold=-1, entry="")
    assert reservations.release(COMMITTED) == Step(state=RELEASED, shelf=1, hold=0, entry="restock")
    assert [reservations.release(state) for state in (RELEASED, REJECTED)] == [None] * 2


@pytest.mark.parametrize("events", list(product((reservations.commit, reservations.release), repeat=4)))
def test_any_sequence_ends_balanced_and_never_falls(events):
    rank = {HELD: 0, COMMITTED: 1, RELEASED: 2}
    state, shelf, hold = HELD, 0, 1

    for event in events:
        step = event(state)
        if step:
            assert rank[step.state] > rank[state]
            state, shelf, hold = step.state, shelf + step.shelf, hold + step.hold

    assert (state, shelf, hold) == ((RELEASED, 0, 0) if reservations.release in events else (COMMITTED, -1, 0))


def test_repeated_products_are_added_up_in_the_order_of_ids():
    assert list(reservations.merged([(B, 2), (A, 1), (B, 3)]).items()) == [(A, 1), (B, 5)]


def test_nothing_asked_is_nothing_merged():
    assert reservations.merged([]) == {}


def test_an_unknown_product_weighs_more_than_a_shortage():
    short = Missing(product_id=A, requested=2, available=0)
    unknown = Missing(product_id=B, requested=1, available=None)

    assert reservations.reason_for([short]) == "insufficient_stock"
    assert reservations.reason_for([short, unknown]) == "unknown_product"
