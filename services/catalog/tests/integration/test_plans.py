"""What PostgreSQL does for each kind of query on a table so large that it plans as for a million rows.

Looks at every statement of a page: indexes only, and a number of rows that does not grow with the table.
"""

import re

import orjson
import pytest
from django.db import connection, transaction

from benchmarks import products
from catalog import selectors
from catalog.domain import searches
from shared.db import counting
from shared.http import pagination

COUNT = 50_000

# Ranking the 300 newest matches walks back in time through 30,000 products for a word in every hundredth of them, and
# asks the index for a rarer one. The first page of another order passes by some 8,000 for a word in every 400th.
MOST_ROWS, MOST_BLOCKS = 25_000, 12_000

COMMON, OTHER, RARE = (products.words()[place] for place in (0, 120, -1))


pytestmark = pytest.mark.django_db

_EMPTY = "TRUNCATE category, product, product_word, stock_entry, reservation, reservation_line"


@pytest.fixture(scope="module", autouse=True)
def big_table(django_db_setup, django_db_blocker):
    """Fifty thousand products, there for all tests of this file."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute(_EMPTY)
            products.load(cursor.cursor, count=COUNT)
        for table in ("product", "product_word"):  # autovacuum would change what is known of them
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        cursor.execute("VACUUM ANALYZE product, product_word")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("product", "product_word"):
            cursor.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")
        cursor.execute(_EMPTY)


@pytest.fixture
def branch():
    """Slugs of a category of each level, in the middle by size."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug FROM category ORDER BY id DESC")
        slugs = [slug for (slug,) in cursor.fetchall()]
    return [[slug for slug in slugs if slug.count("-") == level][5] for level in range(3)]


def page(params, **cursor):
    found, order = selectors.product_list(params=params, include_inactive=False)
    body = pagination.keyset(found, params=cursor, order=order, row=dict, address=lambda changes: changes["cursor"])
    return body["data"]


def numbered(params, **page_number):
    found, order = selectors.product_list(params=params, include_inactive=False)
    return pagination.numbered(found, params=page_number, order=order, row=dict)["results"]


def deep(ordering):
    """Return the cursor of the middle of the list."""
    found, order = selectors.product_list(params={"ordering": ordering}, include_inactive=False)
    (row,) = found.page(order=order, start=COUNT // 2, stop=COUNT // 2 + 1)
    return pagination.Cursor(values=[row[name.lstrip("-")] for name in order], backwards=False).encode()


def nodes(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def plans(read):
    """Return what `read` found and the executed plan of each of its queries."""
    asked = []

    def heard(execute, statement, values, many, context):
        asked.append((statement, values))
        return execute(statement, values, many, context)

    with connection.execute_wrapper(heard):
        found = read()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL pg_trgm.word_similarity_threshold = 0.45")
        explained = [
            explain(cursor, *each)
            for each in asked
            if re.match(r"\s*(SELECT|WITH)\b(?!.*set_config)", each[0], re.DOTALL)
        ]
    assert explained
    return found, explained


def explain(cursor, statement, values):
    cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values)
    plan = cursor.fetchone()[0]
    return (plan if isinstance(plan, list) else orjson.loads(plan))[0]["Plan"]


def assert_bounded(plan, rows, blocks):
    for node in nodes(plan):
        of_products = node.get("Relation Name") in {"product", "product_word"}
        assert not (of_products and node["Node Type"] == "Seq Scan"), node
        read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        assert "Bitmap Index" in node["Node Type"] or read <= rows, node
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= blocks


@pytest.mark.parametrize(
    "params",
    [
        {"search": COMMON},
        {"search": OTHER},
        {"search": RARE},
        {"search": f"{COMMON} {OTHER}"},
        {"search": f"{RARE} or {OTHER}"},
        {"search": f'"{COMMON} {OTHER}"'},
        {"search": f"{OTHER} -{COMMON}"},
        {"search": "SKU00004711"},
        {"search": COMMON, "ordering": "price"},
        {"search": RARE, "ordering": "price"},
        {"search": OTHER, "ordering": "name", "min_price": "5"},
        {},
        {"ordering": "price"},
        {"ordering": "-price"},
        {"ordering": "name"},
        {"min_price": "9", "max_price": "10", "ordering": "price"},
        {"min_price": "9", "max_price": "10"},
        {"min_price": "200"},
        {"in_stock": "true", "ordering": "name"},
        {"in_stock": "false"},
        {"in_stock": "false", "ordering": "price"},
        {"created_after": "2025-09-15T00:00:00Z", "ordering": "price"},
    ],
    ids=str,
)
def test_a_page_reads_by_index_and_little(params):
    found, explained = plans(lambda: page(params))

    assert found
    for plan in explained:
        assert_bounded(plan, MOST_ROWS, MOST_BLOCKS)


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("params", [{}, {"ordering": "price"}, {"ordering": "name"}, {"search": COMMON}], ids=str)
def test_a_category_with_all_below_it_reads_by_index_and_little(branch, level, params):
    found, explained = plans(lambda: page({"category": branch[level], **params}))

    assert found
    assert len(explained) > 1
    for plan in explained:
        assert_bounded(plan, MOST_ROWS, MOST_BLOCKS)


@pytest.mark.parametrize("ordering", ["price", "-price", "name", "-created_at"])
def test_a_page_in_the_middle_costs_what_the_first_does(ordering):
    cursor = deep(ordering)
    _, (first,) = plans(lambda: page({"ordering": ordering}))
    found, (middle,) = plans(lambda: page({"ordering": ordering}, cursor=cursor))

    assert len(found) == 20
    assert_bounded(middle, 60, 250)
    assert_bounded(first, 60, 250)


@pytest.mark.parametrize("ordering", ["price", "-price", "name", "-created_at"])
def test_the_prepared_plan_of_a_page_knows_no_values_and_costs_no_more(ordering):
    found, order = selectors.product_list(params={"ordering": ordering}, include_inactive=False)
    (row,) = found.page(order=order, start=COUNT // 2, stop=COUNT // 2 + 1)
    values = [row[name.lstrip("-")] for name in order]
    asked = []
    with connection.execute_wrapper(lambda execute, *each: asked.append(each[0]) or execute(*each)):
        found.page(order=order, after=values, stop=21)
    statement = asked[0].replace("%(after_0)s", "$1").replace("%(after_1)s", "$2")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE page AS {statement}")
        plan = explain(cursor, "EXECUTE page (%s, %s)", values)
        cursor.execute("DEALLOCATE page")

    assert any("$1" in node.get("Index Cond", "") for node in nodes(plan))
    assert_bounded(plan, 60, 250)


@pytest.mark.parametrize("word", [f"{COMMON[:-1]}x{COMMON[-1]}", f"{OTHER[0]}{OTHER[2]}{OTHER[1]}{OTHER[3:]}"])
def test_a_mistyped_word_is_looked_up_among_the_words_and_not_among_the_products(word):
    found, explained = plans(lambda: page({"search": word}))

    assert found
    assert len(explained) == 3
    for plan in explained:
        assert_bounded(plan, MOST_ROWS, MOST_BLOCKS)
    words = [node.get("Index Name") for node in nodes(explained[1])]
    assert {"product_word_alike", "product_word_known"} <= set(words)


@pytest.mark.parametrize("text", [RARE, f'"{COMMON} {products.words()[1]}"'])
def test_what_is_rare_is_looked_up_in_the_index_of_the_documents(text):
    _, explained = plans(lambda: page({"search": text}))

    assert "product_document_period" in [node.get("Index Name") for node in nodes(explained[-1])]


def test_the_newest_matches_are_looked_up_by_periods_until_there_are_enough(monkeypatch):
    monkeypatch.setattr(searches, "COMMON", 1_000_000)
    monkeypatch.setattr(searches, "RANKED", 20)

    found, explained = plans(lambda: page({"search": OTHER}))
    (looked_up,) = [node for node in nodes(explained[-1]) if node.get("Index Name") == "product_document_period"]

    assert len(found) == 20
    assert looked_up["Actual Loops"] <= 2
    assert "period.number" in looked_up["Index Cond"]


@pytest.mark.parametrize("level", [0, 1])
def test_a_frequent_word_is_walked_to_through_the_categories_and_no_further_than_needed(branch, level, monkeypatch):
    monkeypatch.setattr(searches, "RANKED", 20)

    found, explained = plans(lambda: page({"search": COMMON, "category": branch[level]}))
    read = [node for node in nodes(explained[-1]) if node.get("Index Name") == "product_category_created"]

    assert len(found) == 20
    assert sum(node["Actual Loops"] for node in read) <= 30  # periods, of which there are 36
    assert "product_document_period" not in [node.get("Index Name") for node in nodes(explained[-1])]


def test_a_phrase_in_many_categories_is_looked_up_once(branch):
    _, explained = plans(lambda: page({"search": f'"{COMMON} {products.words()[1]}"', "category": branch[0]}))
    (read,) = [node for node in nodes(explained[-1]) if node.get("Index Name") == "product_document_period"]

    assert "category_id" not in read["Index Cond"]


@pytest.mark.parametrize("ordering", ["price", "-price", "name", "-created_at"])
def test_one_category_is_read_in_the_order_of_an_index(branch, ordering):
    found, explained = plans(lambda: page({"category": branch[2], "ordering": ordering}))

    assert found
    assert_bounded(explained[-1], 60, 250)


def test_what_is_too_old_is_passed_by_within_the_index_of_prices():
    found, explained = plans(lambda: page({"created_after": "2025-06-01T00:00:00Z", "ordering": "price"}))

    assert len(found) == 20
    assert_bounded(explained[-1], 60, 250)
    assert "product_price_created" in [node.get("Index Name") for node in nodes(explained[-1])]


@pytest.mark.parametrize("number", ["1", "500"])
def test_a_numbered_page_counts_to_the_bound_and_no_further(number):
    found, explained = plans(lambda: numbered({"ordering": "price"}, page=number))

    assert len(found) == 20
    for plan in explained:
        for node in nodes(plan):
            assert node["Actual Rows"] * node["Actual Loops"] <= counting.EXACT + 1
