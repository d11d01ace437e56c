"""Any history at all: people, staff, the clock, a network that reorders and repeats, and processes that die.

Hypothesis composes histories of these rules and, when a promise breaks, shortens them to the few steps that matter.
A delay needs no rule: whatever is not delivered waits. Each history ends in `settle`.
"""

import functools
from collections import Counter
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from shop import Basket, Fault, Plaza, Shop

ANY = st.integers(0, 11)
BASKETS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=3)
MONEYS = st.lists(st.sampled_from(["500.00", "4.00", "500.00", "0.00"]), min_size=2, max_size=3)
SHELVES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["1.00", "2.50"])), min_size=2, max_size=3)
CHANGES = st.one_of(
    st.tuples(st.just("restock"), st.integers(0, 9)),
    st.tuples(st.just("reprice"), st.sampled_from(["0.50", "1.00", "3.00"])),
    st.tuples(st.just("put_on_sale"), st.booleans()),
)

POINTS = ("after_begin", "after_effects", "before_commit", "after_commit")
FAULTS = st.fixed_dictionaries({"how": st.sampled_from(["dies", "dies", "disconnects"]), "at": st.sampled_from(POINTS)})
RARELY = st.one_of(st.none(), st.none(), st.none(), FAULTS)

MOST_ORDERS, MOST_LOSSES, MOST_WAITING = 6, 2, 16


def step(act: Callable[..., None]) -> Callable[..., None]:
    """Note whether a step went well: only then it makes sense to ask how the history ends."""

    @functools.wraps(act)
    def noted(machine: "Saga", **values: object) -> None:
        machine.is_whole = False
        act(machine, **values)
        machine.is_whole = True

    return noted


has_orders = precondition(lambda machine: machine.orders)
has_messages = precondition(lambda machine: machine.shop.network.waiting)


class Saga(RuleBasedStateMachine):
    """One history of one shop; `histories_of` gives it the running services."""

    plaza: Plaza
    #: what has happened in all histories, to see that they are not dull
    seen: "Counter[str]"

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop(self.plaza, seen=self.seen)
        self.is_whole, self.has_left, self.orders = False, False, 0

    @initialize(moneys=MONEYS, shelves=SHELVES, baskets=st.lists(BASKETS, min_size=1, max_size=3))
    @step
    def the_shop_opens(self, moneys: list[str], shelves: list[tuple[int, str]], baskets: list[Basket]) -> None:
        self.shop.open(moneys=moneys, shelves=shelves)
        for buyer, basket in enumerate(baskets):
            self.shop.place(buyer, basket)
        self.orders = len(self.shop.orders())

    def teardown(self) -> None:
        """Every history must be able to end well."""
        if self.is_whole:
            self.shop.settle()
            self.seen["histories"] += 1

    # ------------------------------------------------------------ people

    @precondition(lambda self: self.orders < MOST_ORDERS)
    @rule(buyer=ANY, basket=BASKETS, fault=RARELY)
    @step
    def somebody_orders(self, buyer: int, basket: Basket, fault: Fault | None) -> None:
        self.shop.place(buyer, basket, fault=fault)
        self.orders = len(self.shop.orders())

    @has_orders
    @rule(order=ANY, who=st.sampled_from(["customer", "staff"]), fault=RARELY)
    @step
    def somebody_cancels(self, order: int, who: str, fault: Fault | None) -> None:
        self.shop.cancel(order, is_staff=who == "staff", fault=fault)

    @precondition(lambda self: not self.has_left)
    @rule(buyer=ANY)
    @step
    def somebody_leaves(self, buyer: int) -> None:
        self.shop.leave(buyer)
        self.has_left = True

    @rule(product=ANY, change=CHANGES)
    @step
    def staff_changes_a_product(self, product: int, change: tuple[str, int | str | bool]) -> None:
        getattr(self.shop, change[0])(product, change[1])

    # ------------------------------------------------------------ the clock

    @has_orders
    @rule(order=ANY, what=st.sampled_from(["time_out", "ask_again"]), fault=RARELY)
    @step
    def the_clock_ticks(self, order: int, what: str, fault: Fault | None) -> None:
        getattr(self.shop, what)(order, fault=fault)

    # ------------------------------------------------------------ the network

    @has_messages
    @rule(count=st.integers(1, 5))
    @step
    def the_oldest_arrive(self, count: int) -> None:
        for _ in range(min(count, len(self.shop.network.waiting))):
            self.shop.deliver(0)

    @has_messages
    @rule(count=st.integers(1, 3))
    @step
    def the_newest_arrive(self, count: int) -> None:
        for _ in range(min(count, len(self.shop.network.waiting))):
            self.shop.deliver(-1)

    @has_messages
    @rule(number=ANY)
    @step
    def any_arrives(self, number: int) -> None:
        self.shop.deliver(number)

    @has_messages
    @rule(number=ANY, fault=FAULTS)
    @step
    def any_arrives_with_an_accident(self, number: int, fault: Fault) -> None:
        self.shop.deliver(number, fault=fault)

    @precondition(lambda self: 0 < len(self.shop.network.waiting) < MOST_WAITING)
    @rule(number=ANY)
    @step
    def a_message_comes_twice(self, number: int) -> None:
        self.shop.double(number)

    @precondition(lambda self: self.shop.network.waiting and self.shop.network.losses < MOST_LOSSES)
    @rule(number=ANY)
    @step
    def a_message_is_lost(self, number: int) -> None:
        self.shop.lose(number)


def histories_of(plaza: Plaza, seen: "Counter[str]") -> type[Saga]:
    """Return the machine of the running services, which counts what happens."""
    return type("Saga", (Saga,), {"plaza": plaza, "seen": seen})
