"""Whatever is searched for and however it is found: what the plain definition of a list says, no more and no less."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from factories import CategoryFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import filters, selectors
from catalog.domain import searches
from catalog.models import Product

pytestmark = pytest.mark.django_db

PRODUCTS, DAYS = 90, 200  # eight periods
WORDS = ("red", "blue", "mug", "lamp", "desk", "shade")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SLUGS = ("light", "light-desk", "light-floor", "kitchen")

_WORD = st.sampled_from(WORDS)
TEXTS = st.one_of(
    _WORD,
    st.builds("{} {}".format, _WORD, _WORD),
    st.builds('"{} {}"'.format, _WORD, _WORD),
    st.builds('"{} {}" {}'.format, _WORD, _WORD, _WORD),
    st.builds("{} or {}".format, _WORD, _WORD),
    st.builds("{} -{}".format, _WORD, _WORD),
    st.builds('{} -"{} {}"'.format, _WORD, _WORD, _WORD),
)
PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "category": st.sampled_from(SLUGS),
        "min_price": st.sampled_from(("2", "4")),
        "created_after": st.integers(0, DAYS).map(lambda day: (FIRST + timedelta(days=day)).isoformat()),
        "ordering": st.sampled_from(("price", "-price", "name", "-created_at")),
    },
)
_NEVER = 1_000_000
BOUNDS = st.fixed_dictionaries(
    {
        "RANKED": st.sampled_from((3, 20, 300)),
        "RANKED_PHRASE": st.sampled_from((2, 100)),
        "SAMPLED": st.sampled_from((0, 5, 3000)),
        "COMMON": st.sampled_from((1, 30, _NEVER)),
        "FEW": st.sampled_from((0, 8)),
        "MANY": st.sampled_from((0, 16)),
        "_EVEN": st.sampled_from((1, 100, _NEVER)),
    }
)

_PLAIN = """
SELECT id FROM product
 WHERE is_active AND document @@ websearch_to_tsquery('plaza', %(search)s)
   AND (%(category)s IS NULL OR category_id IN (SELECT id FROM category WHERE slug LIKE %(category)s || '%%'))
   AND (%(min_price)s IS NULL OR price >= %(min_price)s::numeric)
   AND (%(created_after)s IS NULL OR created_at > %(created_after)s::timestamptz)
 ORDER BY {order}
"""


@pytest.fixture
def shelf():
    """Products of few words, by chance but always the same."""
    chance = random.Random(1)
    light = CategoryFactory(slug="light")
    below = [CategoryFactory(slug=slug, parent=light) for slug in ("light-desk", "light-floor")]
    categories = [light, *below, CategoryFactory(slug="kitchen")]
    products = Product.objects.bulk_create(
        Product(
            sku=f"S{number}",
            slug=f"s-{number}",
            name=" ".join(chance.choices(WORDS, k=3)),
            price=chance.randint(1, 5),
            category=chance.choice(categories),
            is_active=chance.random() > 0.1,
        )
        for number in range(PRODUCTS)
    )
    for product in products:
        product.created_at = FIRST + timedelta(days=chance.randint(0, DAYS))
    Product.objects.bulk_update(products, ["created_at"])


def plain(params, order):
    sql = ", ".join(f"{name.lstrip('-')}{' DESC' if name[0] == '-' else ''}" for name in order)
    asked = dict.fromkeys(("category", "min_price", "created_after")) | params
    with connection.cursor() as cursor:
        cursor.execute(_PLAIN.format(order=sql), asked)
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.usefixtures("shelf")
def test_a_search_finds_what_its_definition_says(monkeypatch):
    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    @given(text=TEXTS, params=PARAMS, bounds=BOUNDS)
    def holds(text, params, bounds):
        if not plain({"search": text}, ("id",)):
            return  # then it is taken for mistyped
        asked = {"search": text, **params}
        with monkeypatch.context() as patched:
            for name, value in bounds.items():
                patched.setattr(searches, name, value)
            listed, order = selectors.product_list(params=asked, include_inactive=False)
            found = [row["id"] for row in listed.page(order=order, stop=PRODUCTS)]
            most = searches.ranked(text)
        if "ordering" in params:
            assert found == plain(asked, order)
        else:
            assert set(found) == set(plain(asked, filters.ORDERINGS["-created_at"])[:most])
            assert len(found) == len(set(found))

    holds()
