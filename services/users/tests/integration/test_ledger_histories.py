"""Made-up histories of deposits, transfers, payments and cancellations; the books balance after each."""

from decimal import Decimal

import pytest
from factories import UserFactory, balance, broken_books
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.db.models import uuid7
from shared.errors import AppError
from users.domain.payments import Ask, PaymentState, Refusal, next_state
from users.models import Payment
from users.services import payments, wallets

pytestmark = pytest.mark.django_db

PEOPLE = ORDERS = st.integers(min_value=0, max_value=2)
AMOUNTS = st.decimals(min_value="0.01", max_value="60.00", places=2)
STEPS = st.one_of(
    st.tuples(st.just("deposit"), PEOPLE, AMOUNTS),
    st.tuples(st.just("transfer"), PEOPLE, PEOPLE, AMOUNTS),
    st.tuples(st.just("capture"), ORDERS, AMOUNTS),
    st.tuples(st.just("cancel"), ORDERS),
)


class Model:
    """What should be in the wallets, kept the simple way."""

    def __init__(self):
        self.users = [UserFactory() for _ in range(3)]
        self.orders = [uuid7() for _ in range(3)]
        self.money = [Decimal(0)] * 3
        self.states = [None] * 3
        self.paid = [Decimal(0)] * 3

    def deposit(self, who, amount):
        wallets.deposit(user_id=self.users[who].id, amount=amount)
        self.money[who] += amount

    def transfer(self, source, target, amount):
        try:
            wallets.transfer(user_id=self.users[source].id, to=self.users[target].id, amount=amount)
        except AppError:
            assert source == target or self.money[source] < amount
        else:
            self.money[source] -= amount
            self.money[target] += amount

    def capture(self, order, amount):
        """Each order belongs to the user with its number."""
        payments.payment_capture(order_id=self.orders[order], user_id=self.users[order].id, amount=amount)
        refusal = Refusal.INSUFFICIENT_FUNDS if self.money[order] < amount else None
        state = next_state(self.states[order], Ask.CAPTURE, refusal)
        if self.states[order] is None and state is PaymentState.CAPTURED:
            self.money[order] -= amount
            self.paid[order] = amount
        self.states[order] = state

    def cancel(self, order):
        payments.payment_cancel(order_id=self.orders[order], user_id=self.users[order].id)
        state = next_state(self.states[order], Ask.CANCEL)
        if (self.states[order], state) == (PaymentState.CAPTURED, PaymentState.REFUNDED):
            self.money[order] += self.paid[order]
        self.states[order] = state

    def check(self):
        assert [balance(user) for user in self.users] == self.money
        states = dict(Payment.objects.filter(order_id__in=self.orders).values_list("order_id", "state"))
        assert [states.get(order) for order in self.orders] == self.states
        assert broken_books() == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(STEPS, max_size=25))
def test_after_any_history_the_books_balance(history):
    model = Model()

    for name, *arguments in history:
        getattr(model, name)(*arguments)

    model.check()
