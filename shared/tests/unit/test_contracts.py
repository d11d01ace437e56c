"""The contracts' shapes are promises: they may only grow."""

import json
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import ValidationError

from shared.events.contracts import CONTRACTS, Contract, OrderPlaced, PaymentRequested, StockReserved
from shared.events.contracts.catalog import ReservedLine

GOLDEN = Path(__file__).parents[3] / "docs" / "events"
ID = UUID("018f0000-0000-7000-8000-000000000001")

public = sorted(name for name in CONTRACTS if not name.startswith("shared."))


@pytest.mark.parametrize("name", public)
def test_a_contract_matches_its_golden_schema(name):
    golden = json.loads((GOLDEN / f"{name}.json").read_text())

    assert CONTRACTS[name].model_json_schema(mode="serialization") == golden


def test_every_golden_schema_belongs_to_a_contract():
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == public


def test_money_travels_as_a_decimal_string_with_two_digits():
    event = PaymentRequested(order_id=ID, user_id=ID, amount=Decimal("10.5"))

    assert event.model_dump(mode="json")["amount"] == "10.50"
    assert PaymentRequested.model_validate(event.model_dump(mode="json")) == event.model_copy(
        update={"amount": Decimal("10.50")}
    )


def test_more_than_two_digits_of_money_are_refused():
    with pytest.raises(ValidationError):
        PaymentRequested(order_id=ID, user_id=ID, amount=Decimal("1.005"))


def test_a_field_that_a_newer_sender_added_is_ignored():
    data = {"order_id": str(ID), "user_id": str(ID), "lines": [], "gift_wrap": True}

    assert OrderPlaced.model_validate(data).lines == ()


def test_a_line_of_nothing_is_refused():
    line = {"product_id": ID, "sku": "A", "name": "A", "quantity": 0, "unit_price": "1.00"}

    with pytest.raises(ValidationError):
        ReservedLine.model_validate(line)


def test_an_event_knows_its_subject():
    assert StockReserved(order_id=ID, lines=(), total=Decimal("0.00")).subject == ID


def test_two_contracts_cannot_claim_one_type():
    with pytest.raises(TypeError, match="already the type of OrderPlaced"):

        class Thief(Contract, type="orders.order_placed.v1", subject="order_id"):
            order_id: UUID
