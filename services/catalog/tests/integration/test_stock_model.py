"""The real services against a model: any events in any order, and the books balance after each."""

from uuid import uuid4

import pytest
from books import balance
from factories import ProductFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import services
from catalog.models import Product, Reservation
from shared.db.models import uuid7
from shared.events.contracts import (
    OrderCancelled,
    OrderCompleted,
    OrderLine,
    OrderPlaced,
    StockCommitted,
    StockRejected,
    StockReleased,
    StockReserved,
)
from shared.testing import events

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS, PRODUCTS, UNITS = 2, 2, 6
SAYS = {
    "held": StockReserved,
    "committed": StockCommitted,
    "released": StockReleased,
    "rejected": StockRejected,
}
ACTS = st.tuples(st.sampled_from(["place", "complete", "cancel"]), st.integers(0, ORDERS - 1))
STAFF = st.tuples(st.just("count"), st.integers(0, PRODUCTS - 1), st.integers(0, UNITS + 3))
BASKETS = st.lists(
    st.lists(st.tuples(st.integers(0, PRODUCTS - 1), st.integers(1, 4)), min_size=1, max_size=3),
    min_size=ORDERS,
    max_size=ORDERS,
)


class Model:
    """What should be true, told in the plainest way."""

    def __init__(self, baskets):
        self.baskets = [self._added_up(basket) for basket in baskets]
        self.states = ["none"] * ORDERS
        self.shelf = [UNITS] * PRODUCTS
        self.held = [0] * PRODUCTS

    def place(self, order):
        if self.states[order] != "none":
            return
        basket = self.baskets[order]
        if any(self.shelf[each] - self.held[each] < quantity for each, quantity in basket.items()):
            self.states[order] = "rejected"
            return
        self._move(order, "held", held=1)

    def complete(self, order):
        if self.states[order] == "held":
            self._move(order, "committed", shelf=-1, held=-1)

    def cancel(self, order):
        if self.states[order] == "none":
            self.states[order] = "released"
        elif self.states[order] == "held":
            self._move(order, "released", held=-1)
        elif self.states[order] == "committed":
            self._move(order, "released", shelf=1)

    def _move(self, order, state, *, shelf=0, held=0):
        self.states[order] = state
        for each, quantity in self.baskets[order].items():
            self.shelf[each] += shelf * quantity
            self.held[each] += held * quantity

    @staticmethod
    def _added_up(basket):
        return {each: sum(q for other, q in basket if other == each) for each, _ in basket}


@settings(max_examples=40, deadline=None)
@given(BASKETS, st.lists(ACTS | ACTS | STAFF, min_size=6, max_size=14))
def test_any_events_in_any_order_end_where_the_model_does(baskets, acts):
    products = [ProductFactory(stock=UNITS).id for _ in range(PRODUCTS)]
    orders = [uuid7() for _ in range(ORDERS)]
    model = Model(baskets)

    for act, target, *units in acts:
        if act == "count":
            _count(model, products, target, *units)
            continue
        event = _event(act, orders[target], baskets[target], products)
        getattr(model, act)(target)

        assert events.deliver(event) == "handled"

        assert _said(orders[target]) == ([] if model.states[target] == "none" else [SAYS[model.states[target]]])
        assert _stock(products) == list(zip(model.shelf, model.held, strict=True))
        states = dict(Reservation.objects.filter(order_id__in=orders).values_list("order_id", "state"))
        assert [states.get(order, "none") for order in orders] == model.states
        balance()


def _count(model, products, target, units):
    try:
        services.stock_set(key=str(products[target]), on_hand=units)
    except services.StockBelowReserved:
        assert units < model.held[target]
    else:
        assert units >= model.held[target]
        model.shelf[target] = units


def _event(act, order_id, basket, products):
    if act == "place":
        lines = tuple(OrderLine(product_id=products[each], quantity=quantity) for each, quantity in basket)
        return OrderPlaced(order_id=order_id, user_id=uuid4(), lines=lines)
    if act == "complete":
        return OrderCompleted(order_id=order_id)
    return OrderCancelled(order_id=order_id, user_id=uuid4(), reason="by_customer")


def _said(order_id):
    said = [type(event) for event in events.said() if event.subject == order_id]
    events.clear_outbox()
    return said


def _stock(products):
    rows = {each.id: (each.on_hand, each.reserved) for each in Product.objects.filter(id__in=products)}
    return [rows[product] for product in products]
