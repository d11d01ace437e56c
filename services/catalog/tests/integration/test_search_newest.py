"""Which matches of a search are ranked: the newest, however they are found."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from factories import ProductFactory

from catalog.domain import searches
from catalog.models import Product

pytestmark = pytest.mark.django_db


def test_of_a_very_common_word_the_newest_are_ranked(api, found, monkeypatch):
    monkeypatch.setattr(searches, "RANKED", 3)
    for number in range(5):
        ProductFactory(name=f"Lamp {number}")

    assert set(found("lamp")) == {"Lamp 2", "Lamp 3", "Lamp 4"}
    assert len(found("lamp", ordering="-created_at")) == 5
    assert api(version="v1").get("products/", {"search": "lamp"}).json()["pagination"]["total"] == 3


@pytest.mark.parametrize("common", [1, 1_000_000], ids=["walked to", "looked up"])
def test_the_newest_are_ranked_however_long_ago_they_came_and_however_they_are_found(found, monkeypatch, common):
    monkeypatch.setattr(searches, "RANKED", 3)
    monkeypatch.setattr(searches, "COMMON", common)
    for year in (2026, 2019, 2025, 2023, 2024):
        product = ProductFactory(name=f"Lamp {year}")
        Product.objects.filter(id=product.id).update(created_at=datetime(year, 1, 1, tzinfo=UTC))

    assert set(found("lamp")) == {"Lamp 2024", "Lamp 2025", "Lamp 2026"}
    monkeypatch.setattr(searches, "RANKED", 5)
    assert len(found("lamp")) == 5
    monkeypatch.setattr(searches, "RANKED", 6)
    assert len(found("lamp")) == 5


@pytest.mark.parametrize("newest", [searches.SOME - 1, searches.SOME], ids=["looked up at once", "period by period"])
def test_the_newest_of_a_phrase_are_ranked_when_the_sample_has_none(found, monkeypatch, newest):
    monkeypatch.setattr(searches, "SAMPLED", 0)
    monkeypatch.setattr(searches, "RANKED_PHRASE", newest + 3)
    for number, year in enumerate((2019, 2023, 2021, 2020, 2022, *(2026,) * newest)):
        product = ProductFactory(name=f"Desk lamp {year} {number}")
        Product.objects.filter(id=product.id).update(created_at=datetime(year, 1, 1, tzinfo=UTC))
    ProductFactory(name="Desk with lamp")

    assert sorted(name.split()[2] for name in found('"desk lamp"')) == ["2021", "2022", "2023", *["2026"] * newest]


def test_of_a_phrase_fewer_are_ranked(found, monkeypatch):
    monkeypatch.setattr(searches, "RANKED", 3)
    monkeypatch.setattr(searches, "RANKED_PHRASE", 2)
    for number in range(5):
        ProductFactory(name=f"Desk lamp {number}")

    assert set(found('"desk lamp"')) == {"Desk lamp 3", "Desk lamp 4"}
    assert set(found("desk lamp")) == {"Desk lamp 2", "Desk lamp 3", "Desk lamp 4"}
    assert len(found('"desk lamp"', ordering="name")) == 5


@pytest.mark.parametrize("few", [0, 1_000_000], ids=["walked to", "looked up"])
def test_another_order_holds_however_the_matches_are_found(found, monkeypatch, few):
    monkeypatch.setattr(searches, "FEW", few)
    for number, price in enumerate((3, 1, 2)):
        ProductFactory(name=f"Lamp {number}", price=Decimal(price))
    ProductFactory(name="Chair", price=Decimal(1))

    assert found("lamp", ordering="price") == ["Lamp 1", "Lamp 2", "Lamp 0"]
    assert found("lamp", ordering="-price", max_price="2") == ["Lamp 2", "Lamp 1"]
