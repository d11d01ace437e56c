"""Batches of an import: resumed, repeated, racing, and never more of the file than one in memory."""

import threading
import tracemalloc
from uuid import uuid4

import pytest
from books import balance
from django.db import connections, transaction
from factories import ProductFactory
from hypothesis import given, settings
from hypothesis import strategies as st
from importing import HEADER, counts, pending, run, start

from catalog import selectors, services
from catalog.models import Category, Product
from catalog.services import import_files, import_writes, imports
from shared.db.models import uuid7
from shared.events.contracts import ImportAdvanced
from shared.testing import events
from shared.testing.race import together
from shared.testing.waiting import until_somebody_waits_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("rows", [1000, 2000, 2001])
def test_a_long_file_goes_in_batches_of_a_thousand_rows(rows):
    import_id = start("".join(f"S{number},Thing {number},1.00,,,1,\n" for number in range(rows)))
    batches = 0

    while waiting := pending():
        assert events.deliver(waiting[0]) == "handled"
        batches += 1

    assert counts(selectors.import_get(import_id=import_id)) == ("completed", rows, rows, 0, 0)
    assert batches == rows // 1000 + 1
    assert Product.objects.count() == rows
    balance()


def test_progress_is_seen_between_the_batches():
    import_id = start("".join(f"S{number:04},Thing,1.00,,,,\n" for number in range(1500)))

    assert selectors.import_get(import_id=import_id)["status"] == "pending"
    events.deliver(pending()[0])
    job = selectors.import_get(import_id=import_id)

    assert counts(job) == ("running", 1000, 1000, 0, 0)
    assert job["offset"] == len(HEADER) + 1000 * len("S0000,Thing,1.00,,,,\n")
    assert job["finished_at"] is None


def test_a_batch_delivered_again_under_a_new_id_does_nothing():
    import_id = start("".join(f"S{number},Thing,1.00,,,2,\n" for number in range(1200)))
    (first,) = pending()
    event_id = uuid7()

    assert events.deliver(first, event_id) == "handled"
    (second,) = pending()
    assert events.deliver(first, event_id) == "duplicate"
    assert events.deliver(first) == "handled"

    assert pending() == []
    assert counts(selectors.import_get(import_id=import_id)) == ("running", 1000, 1000, 0, 0)
    assert events.deliver(second) == "handled"
    assert events.deliver(second) == "handled"
    assert counts(selectors.import_get(import_id=import_id)) == ("completed", 1200, 1200, 0, 0)
    assert pending() == []
    balance()


def test_an_event_for_an_import_that_is_not_there_does_nothing():
    assert events.deliver(ImportAdvanced(import_id=uuid7(), offset=0)) == "handled"

    assert pending() == []


@pytest.mark.parametrize("place", ["_give_slugs", "write"])
def test_killed_in_the_middle_of_a_batch_it_goes_on_as_if_nothing_had_been(monkeypatch, place):
    import_id = start("".join(f"S{number},Thing,1.00,,New,2,\n" for number in range(1100)) + "T,,\n")
    (first,) = pending()
    real = getattr(import_writes, place)

    def killed(*args):
        real(*args)
        raise ConnectionAbortedError("killed")

    monkeypatch.setattr(import_writes, place, killed)
    assert events.deliver(first) == "retried"
    assert counts(selectors.import_get(import_id=import_id)) == ("pending", 0, 0, 0, 0)
    assert not Product.objects.exists()
    assert not Category.objects.exists()
    assert pending() == []

    monkeypatch.undo()
    assert events.deliver(first) == "handled"
    job = run(import_id)

    assert counts(job) == ("completed", 1101, 1100, 0, 1)
    assert job["errors"] == [
        {"line": 1102, "sku": "T", "field": "", "message": "There are 3 fields where the header has 7."}
    ]
    balance()


def test_a_batch_worked_off_by_many_at_once_is_done_once():
    import_id = start("".join(f"S{number},Thing,1.00,,,2,\n" for number in range(1200)))
    (first,) = pending()

    assert together(6, lambda _: events.deliver(first)) == ["handled"] * 6

    assert counts(selectors.import_get(import_id=import_id)) == ("running", 1000, 1000, 0, 0)
    assert len(pending()) == 1
    balance()


def test_imports_of_the_same_products_and_orders_at_once_get_along():
    skus = [f"S{number}" for number in range(60)]
    products = [ProductFactory(sku=sku, stock=1000).id for sku in skus[::2]]
    texts = [
        "".join(f"{sku},Thing {sku},1.00,,Cat {index % 3},900,\n" for index, sku in enumerate(order))
        for order in (skus, skus[::-1])
    ]
    jobs = [start(text) for text in texts * 2]
    batches = pending()

    def act(number):
        if number < len(batches):
            return events.deliver(batches[number])
        for _ in range(10):
            order_id = uuid7()
            lines = [(product_id, 1) for product_id in products[number::-1]]
            services.stock_reserve(order_id=order_id, user_id=uuid4(), lines=lines)
            services.stock_commit(order_id=order_id)
        return "handled"

    assert together(8, act) == ["handled"] * 8

    assert {selectors.import_get(import_id=job)["status"] for job in jobs} == {"completed"}
    assert Product.objects.count() == 60
    balance()


def test_a_product_made_by_somebody_else_meanwhile_is_updated():
    """The batch looked for the product, found none, and meets it at the write."""
    import_id = start("A,Mug,2.00,,,7,\n")
    (first,) = pending()
    outcome = []

    def work():
        outcome.append(events.deliver(first))
        connections.close_all()

    worker = threading.Thread(target=work)
    with transaction.atomic():
        ProductFactory(sku="A", name="Old", stock=3)
        worker.start()
        until_somebody_waits_for_a_lock()
    worker.join()

    assert outcome == ["handled"]
    product = Product.objects.get()
    assert (product.name, product.on_hand) == ("Mug", 7)
    assert selectors.import_get(import_id=import_id)["status"] == "completed"
    balance()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text(st.sampled_from('ab ü€🎂,"\n'), max_size=60), min_size=1, max_size=30),
    st.integers(60, 200),
    st.integers(1, 7),
)
def test_quoted_fields_across_chunks_and_batches_arrive_whole(texts, chunk, rows):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_files, "CHUNK_BYTES", chunk)
        patch.setattr(selectors.imports, "CHUNK_BYTES", chunk)
        patch.setattr(imports, "BATCH_ROWS", rows)
        prefix = uuid7().hex
        quoted = [text.replace('"', '""') for text in texts]
        body = "".join(f'{prefix}-{number},Thing,1.00,"{text}"\n' for number, text in enumerate(quoted))

        job = run(start(body, header="sku,name,price,description\n"))

    assert counts(job) == ("completed", len(texts), len(texts), 0, 0)
    found = Product.objects.filter(sku__startswith=prefix).values_list("sku", "description")
    assert dict(found) == {f"{prefix}-{number}": text.strip() for number, text in enumerate(texts)}


def test_ten_thousand_rows_take_no_more_memory_than_two_thousand():
    def rows(count):
        yield HEADER.encode()
        for number in range(count):
            yield f"S{number},Thing {number},1.00,{'x' * 100},,1,\n".encode()

    peaks = []
    for count in (2_000, 10_000):
        tracemalloc.start()
        run(services.import_start(pieces=rows(count), created_by=uuid4())["id"])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert Product.objects.count() == 10_000
    assert peaks[1] < 2 * peaks[0]  # five times the rows


def test_a_batch_takes_few_statements(django_assert_max_num_queries):
    start("".join(f"S{number},Thing,1.00,,Cat,1,\n" for number in range(1000)))
    (first,) = pending()

    with django_assert_max_num_queries(24):
        events.deliver(first)
