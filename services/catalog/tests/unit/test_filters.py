"""The filters of product lists, as far as no row is needed."""

import pytest

from catalog.filters import ProductFilter
from catalog.models import Product
from shared.errors import InvalidInput


def test_a_list_without_parameters_is_left_as_it_is():
    everything = Product.objects.all()

    assert ProductFilter.apply({}, everything) is everything


def test_a_list_with_a_parameter_is_narrowed():
    found = ProductFilter.apply({"min_price": "5"}, Product.objects.all())

    assert "price >= 5" in str(found.query).replace('"', "")


@pytest.mark.parametrize("params", [{"colour": "red"}, {"min_price": ""}, {"min_price": "cheap"}])
def test_a_parameter_that_is_unknown_empty_or_wrong_is_refused_by_name(params):
    with pytest.raises(InvalidInput) as refused:
        ProductFilter.apply(params, Product.objects.all())

    assert list(refused.value.details) == list(params)
