"""Lists too long to count: totals, page numbers and cursors over computed values."""

import uuid
from itertools import chain

import pytest
from django.db import connection
from django.db.models import BigIntegerField, F
from django.db.models.functions import Cast, Mod

from shared.auth.models import Subject
from shared.db import counting
from shared.errors import InvalidInput
from shared.http import pagination

pytestmark = pytest.mark.django_db


@pytest.fixture
def subjects():
    Subject.objects.bulk_create(Subject(user_id=uuid.uuid4(), epoch=number) for number in range(25))
    return Subject.objects.values("user_id", "epoch")


def page(rows, order=("epoch",), **params):
    return pagination.numbered(rows, params=params, order=order, row=dict)


def statements(context):
    return [query["sql"] for query in context.captured_queries]


def test_up_to_the_bound_the_count_is_exact_and_takes_one_statement(subjects, django_assert_num_queries):
    with django_assert_num_queries(1) as context:
        assert counting.count_of(subjects, exact=25) == 25

    assert "LIMIT 26" in statements(context)[0]


def test_beyond_the_bound_the_planner_is_asked_and_never_says_less(subjects, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert counting.count_of(subjects.filter(epoch__gte=0), exact=10) >= 11
    assert counting.count_of(subjects.filter(epoch__lt=5), exact=10) == 5


def test_the_estimate_is_that_of_the_statistics(subjects):
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Subject._meta.db_table}")

    assert counting.count_of(subjects, exact=3) == 25


def test_page_numbers_end_at_the_bound_and_say_so(subjects, monkeypatch):
    monkeypatch.setattr(counting, "EXACT", 10)

    last = page(subjects, page="3", page_size="4")

    assert [row["epoch"] for row in last["results"]] == [8, 9]
    assert last["pagination"]["total"] > 10
    assert {name: last["pagination"][name] for name in ("page", "pages", "has_next", "has_previous")} == {
        "page": 3,
        "pages": 3,
        "has_next": False,
        "has_previous": True,
    }
    for number in ("4", "50000"):
        with pytest.raises(InvalidInput) as refused:
            page(subjects, page=number, page_size="4")
        assert refused.value.details == {
            "page": ["Only the first 10 rows have page numbers; narrow the list, or use the cursors of v2."]
        }


def test_a_page_beyond_a_short_list_is_not_there(subjects):
    with pytest.raises(pagination.NoSuchPage):
        page(subjects, page="3", page_size="20")
    with pytest.raises(InvalidInput):
        page(subjects, page="501", page_size="20")


def test_an_empty_list_has_one_page(subjects):
    assert page(subjects.filter(epoch=99))["pagination"] == {
        "page": 1,
        "pages": 1,
        "per_page": 20,
        "total": 0,
        "has_next": False,
        "has_previous": False,
    }


def walk(rows, order, limit="4"):
    """Return all rows of all pages forwards, and the same backwards."""
    forwards, params = [], {"limit": limit}
    while True:
        found = pagination.keyset(rows, params=params, order=order, row=dict, address=lambda changes: changes["cursor"])
        forwards.append([row["user_id"] for row in found["data"]])
        if not found["next"]:
            break
        params = {"limit": limit, "cursor": found["next"]}
    backwards = [forwards[-1]]
    while found["previous"]:
        params = {"limit": limit, "cursor": found["previous"]}
        found = pagination.keyset(rows, params=params, order=order, row=dict, address=lambda changes: changes["cursor"])
        backwards.insert(0, [row["user_id"] for row in found["data"]])
    return list(chain(*forwards)), list(chain(*backwards))


@pytest.mark.parametrize("order", [("-rank", "-user_id"), ("rank", "user_id"), ("-rank", "user_id")])
def test_a_cursor_over_a_computed_rank_is_exact(subjects, order):
    rows = subjects.annotate(rank=Cast(Mod(F("epoch"), 3), BigIntegerField()))
    everything = list(rows.order_by(*order).values_list("user_id", flat=True))

    forwards, backwards = walk(rows, order)

    assert forwards == backwards == everything


def test_a_place_in_the_order_is_found_by_one_comparison_of_rows(subjects, django_assert_num_queries):
    first = pagination.keyset(
        subjects, params={"limit": "2"}, order=("epoch", "user_id"), row=dict, address=lambda changes: changes["cursor"]
    )

    with django_assert_num_queries(1) as context:
        pagination.keyset(
            subjects,
            params={"cursor": first["next"]},
            order=("epoch", "user_id"),
            row=dict,
            address=lambda changes: changes["cursor"],
        )

    table = Subject._meta.db_table
    assert f'("{table}"."epoch", "{table}"."user_id") > (' in statements(context)[0]
    assert " OR " not in statements(context)[0]


@pytest.mark.parametrize("rank", ["x", None, 1e400, {}])
def test_a_cursor_whose_rank_is_no_number_is_refused(subjects, rank):
    rows = subjects.annotate(rank=Cast(Mod(F("epoch"), 3), BigIntegerField()))
    cursor = pagination.Cursor(values=[rank, str(uuid.uuid4())], backwards=False).encode()

    with pytest.raises(pagination.InvalidCursor):
        pagination.keyset(rows, params={"cursor": cursor}, order=("-rank", "-user_id"), row=dict, address=str)
