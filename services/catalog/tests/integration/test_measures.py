"""The gauges of products and stock."""

from uuid import uuid4

import pytest
from factories import ProductFactory
from prometheus_client import REGISTRY

from catalog import services
from catalog.selectors import measures
from shared.db.models import uuid7

pytestmark = pytest.mark.django_db


def gauges():
    states = ("active", "inactive", "out_of_stock", "low_stock")
    counts = {state: REGISTRY.get_sample_value("plaza_products", {"state": state}) for state in states}
    return counts, REGISTRY.get_sample_value("plaza_stock_reserved_units")


def test_products_by_state_and_reserved_units_take_one_statement(settings, django_assert_num_queries):
    settings.LOW_STOCK = 3
    plenty, low, gone = ProductFactory(stock=9), ProductFactory(stock=4), ProductFactory(stock=2)
    ProductFactory()
    ProductFactory(stock=3, is_active=False)
    lines = [(plenty.id, 5), (low.id, 1), (gone.id, 2)]
    services.stock_reserve(order_id=uuid7(), user_id=uuid4(), lines=lines)

    with django_assert_num_queries(1):
        measures.measure()

    assert gauges() == ({"active": 4, "inactive": 1, "out_of_stock": 2, "low_stock": 1}, 8)


def test_an_empty_catalog_is_measured_as_empty():
    measures.measure()

    assert gauges() == ({"active": 0, "inactive": 0, "out_of_stock": 0, "low_stock": 0}, 0)


def test_five_units_are_low_stock_unless_the_environment_says_otherwise(settings):
    assert settings.LOW_STOCK == 5
