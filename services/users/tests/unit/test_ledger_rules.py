"""Double entry: two legs, opposite amounts, the right accounts."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from users.domain.ledger import WALLET_LIMIT, Book, Kind, legs

MINE, THEIRS = UUID(int=1), UUID(int=2)
amounts = st.decimals(min_value="0.01", max_value="999999999999.99", places=2)


@given(kind=st.sampled_from(Kind), amount=amounts)
def test_the_two_entries_of_any_transfer_add_up_to_zero(kind, amount):
    out, into = legs(kind=kind, amount=amount, wallet_id=MINE, to=THEIRS)

    assert out.amount + into.amount == 0
    assert into.amount == amount


@pytest.mark.parametrize(
    ("kind", "source", "target"),
    [
        (Kind.DEPOSIT, (Book.CASH, None), (Book.WALLET, MINE)),
        (Kind.PAYMENT, (Book.WALLET, MINE), (Book.SALES, None)),
        (Kind.REFUND, (Book.SALES, None), (Book.WALLET, MINE)),
        (Kind.TRANSFER, (Book.WALLET, MINE), (Book.WALLET, THEIRS)),
    ],
)
def test_money_moves_between_the_right_accounts(kind, source, target):
    out, into = legs(kind=kind, amount=Decimal("1.00"), wallet_id=MINE, to=THEIRS)

    assert (out.book, out.wallet_id) == source
    assert (into.book, into.wallet_id) == target


@given(kind=st.sampled_from(Kind), amount=st.decimals(min_value=-100, max_value=0, places=2))
def test_nothing_or_less_never_moves(kind, amount):
    with pytest.raises(ValueError, match="above zero"):
        legs(kind=kind, amount=amount, wallet_id=MINE, to=THEIRS)


@pytest.mark.parametrize("to", [None, MINE])
def test_a_transfer_needs_another_wallet(to):
    with pytest.raises(ValueError, match="another wallet"):
        legs(kind=Kind.TRANSFER, amount=Decimal(1), wallet_id=MINE, to=to)


def test_a_deposit_never_names_the_other_wallet():
    out, into = legs(kind=Kind.DEPOSIT, amount=Decimal(1), wallet_id=MINE, to=uuid4())

    assert {out.wallet_id, into.wallet_id} == {None, MINE}


def test_a_full_wallet_leaves_room_for_refunds_in_its_column():
    assert Decimal("999999999999.99") > WALLET_LIMIT * 9
