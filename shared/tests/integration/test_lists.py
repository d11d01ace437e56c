"""Lists that are said in SQL: the same pages, counts and exports as those of querysets."""

import uuid
from dataclasses import replace
from itertools import chain

import pytest
from django.db import connection
from django.db.models import BigIntegerField

from shared.auth.models import Subject
from shared.db import counting, csv_export, lists
from shared.http import pagination

pytestmark = pytest.mark.django_db

TABLE = Subject._meta.db_table
LISTING = lists.Listing(
    model=Subject,
    columns={"user_id": "user_id", "epoch": "epoch", "third": "epoch %% 3"},
    source=TABLE,
    conditions=("epoch >= %(least)s", "epoch <> 7"),
    values={"least": 3},
    computed={"third": BigIntegerField()},
)


@pytest.fixture
def subjects():
    Subject.objects.bulk_create(Subject(user_id=uuid.uuid4(), epoch=number) for number in range(25))


def walk(order):
    """Return the epochs of all pages, forwards and backwards."""
    forwards, params = [], {"limit": "4"}
    while True:
        page = pagination.keyset(LISTING, params=params, order=order, row=dict, address=lambda place: place["cursor"])
        forwards.append([row["epoch"] for row in page["data"]])
        if not page["next"]:
            break
        params = {"limit": "4", "cursor": page["next"]}
    backwards = [forwards[-1]]
    while page["previous"]:
        params = {"limit": "4", "cursor": page["previous"]}
        page = pagination.keyset(LISTING, params=params, order=order, row=dict, address=lambda place: place["cursor"])
        backwards.insert(0, [row["epoch"] for row in page["data"]])
    return forwards, backwards


@pytest.mark.usefixtures("subjects")
@pytest.mark.parametrize("order", [("epoch", "user_id"), ("-third", "-epoch")])
def test_pages_hold_every_row_once_in_order(order):
    key = {"epoch": lambda epoch: epoch, "-third": lambda epoch: (-(epoch % 3), -epoch)}[order[0]]

    forwards, backwards = walk(order)

    assert forwards == backwards
    assert list(chain(*forwards)) == sorted(set(range(3, 25)) - {7}, key=key)


@pytest.mark.usefixtures("subjects")
def test_pages_with_numbers_are_counted():
    page = pagination.numbered(LISTING, params={"page": "3", "page_size": "9"}, order=("epoch",), row=dict)

    assert [row["epoch"] for row in page["results"]] == [22, 23, 24]
    assert (page["pagination"]["total"], page["pagination"]["pages"]) == (21, 3)


@pytest.mark.usefixtures("subjects")
def test_beyond_the_bound_the_planner_is_asked(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert counting.count_of(LISTING, exact=21) == 21
    with django_assert_num_queries(2):
        assert counting.count_of(LISTING, exact=20) >= 21


@pytest.mark.usefixtures("subjects")
@pytest.mark.parametrize(("exact", "counted"), [(5, False), (12, True)])
def test_what_is_abundant_is_counted_only_when_the_planner_is_not_sure(django_assert_num_queries, exact, counted):
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {TABLE}")

    with django_assert_num_queries(3 if counted else 2) as context:
        assert counting.count_of(replace(LISTING, abundant=True), exact=exact) > exact

    assert ["count(*)" in query["sql"] for query in context.captured_queries].count(True) == counted


@pytest.mark.usefixtures("subjects")
def test_all_rows_can_be_taken_home(transactional_db):
    lines = b"".join(csv_export.lines(LISTING, {"number": "epoch", "of_three": "third"}, order=("-epoch",)))

    assert lines.split()[:3] == [b"number,of_three", b"24,0", b"23,2"]
    assert len(lines.split()) == 22


@pytest.mark.parametrize("value", ["x", None, 1e400])
def test_a_cursor_that_no_column_can_hold_is_refused(value):
    cursor = pagination.Cursor(values=[value, str(uuid.uuid4())], backwards=False).encode()

    with pytest.raises(pagination.InvalidCursor):
        pagination.keyset(LISTING, params={"cursor": cursor}, order=("epoch", "user_id"), row=dict, address=str)
