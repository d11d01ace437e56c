"""The filters of product lists, as far as no row is needed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog.filters import ProductFilter
from shared.errors import InvalidInput


def test_a_parameter_is_parsed_and_an_absent_one_is_none():
    found = ProductFilter.values_of({"min_price": "5", "created_after": "2026-01-02T04:00:00+01:00"})

    assert found["min_price"] == Decimal(5)
    assert found["created_after"] == datetime(2026, 1, 2, 3, tzinfo=UTC)
    assert found["max_price"] is None


@pytest.mark.parametrize("params", [{"colour": "red"}, {"min_price": ""}, {"min_price": "cheap"}])
def test_a_parameter_that_is_unknown_empty_or_wrong_is_refused_by_name(params):
    with pytest.raises(InvalidInput) as refused:
        ProductFilter.values_of(params)

    assert list(refused.value.details) == list(params)
