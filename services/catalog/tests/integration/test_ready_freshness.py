"""Ready answers: never older than what staff has written (decision record 13)."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import count, takewhile
from uuid import uuid4

import pytest
from django.db import transaction
from factories import CategoryFactory, ProductFactory
from reading import bearer, read

from catalog import services
from shared.db.models import uuid7
from shared.http.ready import generation
from shared.testing import waiting
from shared.testing.race import together

pytestmark = pytest.mark.django_db(transaction=True)

DETAIL, LIST = "/api/v2/products/red-mug/", "/api/v2/products/"


@pytest.fixture
def mug():
    mugs = CategoryFactory(slug="mugs", name="Mugs")
    return ProductFactory(sku="M-1", name="Red Mug", slug="red-mug", category=mugs, price=Decimal("9.99"), stock=5)


CHANGES = {
    "price": (DETAIL, b'"12.50"', lambda: services.product_update(key="red-mug", changes={"price": Decimal("12.50")})),
    "name": (LIST, b"Scarlet", lambda: services.product_update(key="red-mug", changes={"name": "Scarlet"})),
    "category": (LIST, b"Cups", lambda: services.category_update(slug="mugs", changes={"name": "Cups"})),
    "the category itself": (
        "/api/v1/categories/",
        b"Cups",
        lambda: services.category_update(slug="mugs", changes={"name": "Cups"}),
    ),
    "a new category": ("/api/v2/categories/", b"Hats", lambda: services.category_create(name="Hats")),
    "a new product": (
        "/api/v1/products/?ordering=name",
        b"Hat",
        lambda: services.product_create(sku="H-1", name="Hat", price=Decimal(5)),
    ),
    "stock": (DETAIL, b'"available":77', lambda: services.stock_set(key="red-mug", on_hand=77)),
    "stock in v1": ("/api/v1/products/", b'"available":6', lambda: services.stock_set(key="red-mug", delta=1)),
    "deactivation": (DETAIL, b"not_found", lambda: services.product_deactivate(key="red-mug")),
    "deactivation in lists": (LIST, b'"data":[]', lambda: services.product_deactivate(key="red-mug")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_next_read_sees_what_staff_changed(mug, change):
    target, sign, write = CHANGES[change]
    read(target)
    assert sign not in read(target).body

    write()

    assert sign in read(target).body


def test_the_next_read_sees_an_emptied_category_deleted(mug):
    CategoryFactory(slug="hats")
    assert [read("/api/v2/categories/hats/").code for _ in range(2)] == [200, 200]

    services.category_delete(slug="hats")

    assert read("/api/v2/categories/hats/").code == 404


def test_the_next_read_sees_the_batches_that_an_import_says_are_done(mug):
    stop, staff = threading.Event(), bearer(roles=["staff"])

    def imported(number):
        job = services.import_start(pieces=[f"sku,name,price\nM-1,Mug {number},9.99\n".encode()], created_by=uuid4())
        services.import_advance(import_id=job["id"], offset=job["offset"])
        progress = read(f"/api/v2/imports/{job['id']}/", Authorization=staff).body
        return b'"completed"' in progress and f'"Mug {number}"'.encode() in read(DETAIL).body

    def act(reads):
        while reads and not stop.is_set():
            read(DETAIL)  # so that this process always believes in something
        try:
            return reads or [imported(number) for number in range(20)]
        finally:
            stop.set()

    assert together(2, act) == [[True] * 20, 1]


def test_a_write_that_is_rolled_back_changes_nothing(mug):
    before = read(DETAIL).body

    with transaction.atomic():
        services.product_update(key="red-mug", changes={"name": "Scarlet"})
        transaction.set_rollback(True)

    assert read(DETAIL).body == before


def test_stock_that_orders_move_shows_within_a_second(mug, still):
    read(DETAIL)
    services.stock_reserve(order_id=uuid7(), user_id=uuid4(), lines=[(mug.id, 2)])

    still.sleep(1)

    assert b'"available":3' in read(DETAIL).body
    assert b'"available":3' in read(LIST).body


def test_no_read_after_a_write_sees_what_was_before_it(mug):
    written, seen, stop = [0], [], threading.Event()

    def reads(_):
        while not stop.is_set():
            least = written[0]
            body = read(DETAIL).body
            seen.append((least, int(body.partition(b'"available":')[2].partition(b",")[0])))
        return True

    def act(number):
        if number:
            return reads(number)
        try:
            for stock in takewhile(lambda stock: stock < 210 or len(seen) <= 200, count(10)):
                services.stock_set(key="red-mug", on_hand=stock)
                written[0] = stock
        finally:
            stop.set()
        return True

    assert together(4, act) == [True] * 4
    assert [pair for pair in seen if pair[1] < pair[0]] == []


def test_an_answer_begun_before_a_write_is_not_kept_for_those_after_it(mug, monkeypatch):
    begun, go = threading.Event(), threading.Event()
    find = services.products.selectors.product_get

    def slow(**asked):
        found = find(**asked)
        begun.set()
        assert go.wait(waiting.PATIENCE)
        return found

    monkeypatch.setattr("catalog.selectors.product_get", slow)
    reader = threading.Thread(target=lambda: together(1, lambda _: read(DETAIL)))
    reader.start()
    assert begun.wait(waiting.PATIENCE)
    monkeypatch.setattr("catalog.selectors.product_get", find)

    services.product_update(key="red-mug", changes={"name": "Scarlet"})
    go.set()
    reader.join()

    assert b"Scarlet" in read(DETAIL).body


@pytest.fixture
def nearly_over(monkeypatch):
    """The present, believed for some minutes more, of which all is the time in which one asks again."""
    monkeypatch.setattr(generation, "_EARLY_SECONDS", 1200.0)
    present = generation.current()
    monkeypatch.setattr(generation, "_believed", (time.monotonic() + 600, present))
    return present


def test_the_generation_is_asked_for_before_the_old_one_is_over(nearly_over):
    assert generation.current().asked_at > nearly_over.asked_at


def test_nobody_waits_for_the_one_who_asks_while_the_old_generation_holds(nearly_over):
    with ThreadPoolExecutor() as other, generation._lock:
        assert other.submit(generation.current).result(timeout=waiting.PATIENCE) is nearly_over
