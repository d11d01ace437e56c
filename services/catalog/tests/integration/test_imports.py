"""Imports, driven by their events on the real tables."""

import io
import threading
import tracemalloc
from decimal import Decimal
from uuid import uuid4

import pytest
from books import balance
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from factories import CategoryFactory, ProductFactory
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import until_somebody_waits_for_a_lock

from catalog import selectors, services
from catalog.models import Category, Import, ImportChunk, Product, StockEntry
from catalog.services import import_batch, imports
from shared.db.models import uuid7
from shared.errors import InvalidInput
from shared.events.contracts import ImportAdvanced
from shared.testing import events
from shared.testing.race import together

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "sku,name,price,description,category,on_hand,is_active\n"


def start(text, *, header=HEADER):
    data = (header + text).encode()
    return services.import_start(pieces=[data], created_by=uuid4())["id"]


def pending():
    """Return the imports' events that wait to be published, and take them away."""
    said = events.said()
    events.clear_outbox()
    return said


def run(import_id):
    """Deliver every batch until there is none left; returns the import."""
    while waiting := pending():
        assert [events.deliver(event) for event in waiting] == ["handled"]
    return selectors.import_get(import_id=import_id)


def counts(job):
    return job["status"], job["processed"], job["created"], job["updated"], job["failed"]


def test_a_good_file_becomes_products_with_categories_and_stock():
    CategoryFactory(slug="home-decor", name="Home & Decor")

    job = run(
        start('M-1,Red Mug,2.50,Holds tea,Home Decor,12,\nL-1,"Lamp, small",19.99,"Two\nlines",Lighting,,false\n')
    )

    assert counts(job) == ("completed", 2, 2, 0, 0)
    assert job["offset"] == job["total_bytes"]
    assert job["finished_at"] is not None
    mug, lamp = Product.objects.get(sku="M-1"), Product.objects.get(sku="L-1")
    assert (mug.name, mug.slug, mug.price, mug.description) == (
        "Red Mug",
        "red-mug",
        Decimal("2.50"),
        "Holds tea",
    )
    assert (mug.category.name, mug.on_hand, mug.is_active) == ("Home & Decor", 12, True)
    assert (lamp.slug, lamp.description, lamp.on_hand, lamp.is_active) == ("lamp-small", "Two\nlines", 0, False)
    assert lamp.category.name == "Lighting"
    assert list(StockEntry.objects.values_list("product__sku", "delta", "reason")) == [("M-1", 12, "import")]
    assert not ImportChunk.objects.exists()
    balance()


def test_only_the_required_columns_are_required():
    job = run(start("A,Mug,1.00\n", header="sku,name,price\n"))

    assert counts(job) == ("completed", 1, 1, 0, 0)
    product = Product.objects.get()
    assert (product.description, product.category, product.on_hand, product.is_active) == ("", None, 0, True)


def test_a_known_sku_is_updated_and_what_the_file_does_not_say_stays():
    category = CategoryFactory()
    before = ProductFactory(sku="M-1", slug="old-mug", description="Old", category=category, stock=7)

    job = run(start("M-1,New Mug,3.00,,,,\n"))

    assert counts(job) == ("completed", 1, 0, 1, 0)
    after = Product.objects.get(id=before.id)
    assert (after.name, after.price, after.slug) == ("New Mug", Decimal("3.00"), "old-mug")
    assert (after.description, after.category, after.on_hand) == ("Old", category, 7)
    balance()


def test_stock_is_set_with_the_difference_in_the_ledger():
    more, less = ProductFactory(sku="A", stock=5), ProductFactory(sku="B", stock=5)
    same = ProductFactory(sku="C", stock=5)

    run(start("A,A,1.00,,,8,\nB,B,1.00,,,2,\nC,C,1.00,,,5,\n"))

    deltas = StockEntry.objects.filter(reason="import").values_list("product_id", "delta")
    assert set(deltas) == {(more.id, 3), (less.id, -3)}
    assert set(Product.objects.values_list("sku", "on_hand")) == {("A", 8), ("B", 2), ("C", 5)}
    assert same.entries.count() == 1
    balance()


def test_stock_below_what_is_reserved_makes_the_row_an_error():
    cup = ProductFactory(sku="C-1", name="Cup", stock=5)
    services.stock_reserve(order_id=uuid7(), user_id=uuid4(), lines=[(cup.id, 4)])
    events.clear_outbox()

    job = run(start("C-1,Renamed,1.00,,,3,\nD-1,Dish,1.00,,,0,\n"))

    assert counts(job) == ("completed", 2, 1, 0, 1)
    assert job["errors"] == [
        {"line": 2, "message": "on_hand: 4 are reserved for orders, so the stock cannot become 3."}
    ]
    assert Product.objects.get(id=cup.id).name == "Cup"
    balance()


def test_bad_rows_are_reported_by_line_and_good_ones_taken():
    job = run(
        start(
            'A,Mug,1.00,,,,\nB,,1.00,,,,\nC,"Two\nlines",free,,,,\nD,Mug\nE,Mug,1.00,,,many,perhaps\n\nF,Mug,1.00,,,,\n'
        )
    )

    assert counts(job) == ("completed", 6, 2, 0, 4)
    assert job["errors"] == [
        {"line": 3, "message": "name: must not be empty."},
        {"line": 4, "message": "price: 'free' is no amount above 0 with at most two decimals."},
        {"line": 6, "message": "There are 2 fields where the header has 7."},
        {
            "line": 7,
            "message": ("on_hand: 'many' is no whole number of units. is_active: 'perhaps' is neither true nor false."),
        },
    ]
    assert set(Product.objects.values_list("sku", flat=True)) == {"A", "F"}


def test_only_the_first_hundred_errors_are_shown():
    job = run(start("A,,1\n" * 150))

    assert len(job["errors"]) == 100
    assert job["failed"] == 150


def test_slugs_are_made_unique_by_the_sku_and_then_by_the_id():
    ProductFactory(slug="mug")
    ProductFactory(slug="cup-x-1")

    run(start("A.1,Mug,1.00,,,,\nA-1,Mug,1.00,,,,\nX-1,Cup,1.00,,,,\nY-1,Cup,1.00,,,,\nZ,?!,1.00,,,,\n"))

    slug = dict(Product.objects.values_list("sku", "slug"))
    assert slug["A.1"] == "mug-a-1"
    assert slug["A-1"].startswith("mug-a-1-")
    assert slug["X-1"] == "cup"
    assert slug["Y-1"] == "cup-y-1"
    assert slug["Z"] == "z"


def test_of_rows_with_one_sku_the_last_wins():
    job = run(start("A,Mug,1.00,First,,3,\nB,Bowl,1.00,,,,\nA,Cup,2.00,,,5,\n"))

    assert counts(job) == ("completed", 3, 2, 1, 0)
    product = Product.objects.get(sku="A")
    assert (product.name, product.price, product.description, product.on_hand) == (
        "Cup",
        Decimal("2.00"),
        "First",
        5,
    )
    balance()


def test_a_file_that_stops_being_csv_fails_and_keeps_the_rows_before():
    job = run(start('A,Mug,1.00,,,,\nB,"never closed,1.00,,,,\nC,Cup,1.00,,,,\n'))

    assert counts(job) == ("failed", 1, 1, 0, 0)
    assert job["error"] == "Line 3 is not valid CSV: unexpected end of data."
    assert job["offset"] == len(HEADER) + len("A,Mug,1.00,,,,\n")
    assert job["finished_at"] is not None
    assert Product.objects.get().sku == "A"
    assert not ImportChunk.objects.exists()


def test_a_file_that_is_no_csv_from_the_first_row_fails_without_effect():
    job = run(start('"A" B,Mug,1.00,,,,\n'))

    assert counts(job) == ("failed", 0, 0, 0, 0)
    assert not Product.objects.exists()


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


@pytest.mark.parametrize("place", ["_upsert", "_count"])
def test_killed_in_the_middle_of_a_batch_it_goes_on_as_if_nothing_had_been(monkeypatch, place):
    import_id = start("".join(f"S{number},Thing,1.00,,New,2,\n" for number in range(1100)) + "T,,\n")
    (first,) = pending()
    real = getattr(import_batch, place)

    def killed(*args):
        real(*args)
        raise ConnectionAbortedError("killed")

    monkeypatch.setattr(import_batch, place, killed)
    assert events.deliver(first) == "retried"
    assert counts(selectors.import_get(import_id=import_id)) == ("pending", 0, 0, 0, 0)
    assert not Product.objects.exists()
    assert not Category.objects.exists()
    assert pending() == []

    monkeypatch.undo()
    assert events.deliver(first) == "handled"
    job = run(import_id)

    assert counts(job) == ("completed", 1101, 1100, 0, 1)
    assert job["errors"] == [{"line": 1102, "message": "There are 3 fields where the header has 7."}]
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
        patch.setattr(imports, "CHUNK_BYTES", chunk)
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


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty."),
        (b"\n \n\n", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b"sku,price\n", "The column 'name' is missing."),
        (b"sku,name,price,colour\n", "The column 'colour' is unknown;"),
        (b"sku,name,price,name\n", "The column 'name' is given twice."),
        (b'"sku,name,price\n', "Line 1 is not valid CSV: unexpected end of data."),
        (b"x" * 300_000, "The header does not end."),
        (b"sku,name,price\nA,M\xfcg,1\n", "The file is not UTF-8 at byte 18."),
        (b"sku,name,price\n" + b"A,Mug,1\n" * 40_000 + b"B,\xe2\x82", "The file is not UTF-8 at byte 320017."),
        (b"PK\x03\x04\xff\xfe", "The file is not UTF-8 at byte 4."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_leaves_nothing(data, message):
    with pytest.raises(InvalidInput) as caught:
        services.import_start(pieces=io.BytesIO(data), created_by=uuid4())

    assert caught.value.details["file"][0].startswith(message)
    assert not Import.objects.exists()
    assert not ImportChunk.objects.exists()
    assert events.outbox() == []


def test_a_byte_order_mark_is_no_part_of_the_header():
    data = b"\xef\xbb\xbfsku,name,price\r\nA,Mug,1.00\r\n"
    import_id = services.import_start(pieces=[data], created_by=uuid4())["id"]

    assert counts(run(import_id)) == ("completed", 1, 1, 0, 0)


def test_a_header_without_rows_is_done_at_once():
    job = run(start(""))

    assert counts(job) == ("completed", 0, 0, 0, 0)
    assert job["offset"] == job["total_bytes"]


def test_a_batch_takes_few_statements(django_assert_max_num_queries):
    start("".join(f"S{number},Thing,1.00,,Cat,1,\n" for number in range(1000)))
    (first,) = pending()

    with django_assert_max_num_queries(24):
        events.deliver(first)


def test_the_command_imports_a_file_and_shows_how_far_it_is(tmp_path):
    file, out = tmp_path / "products.csv", io.StringIO()
    rows = "".join(f"S{number},Thing,1.00,,,1,\n" for number in range(1500))
    file.write_text(HEADER + rows + "X,,1.00,,,,\n")

    call_command("import_products", str(file), stdout=out)

    lines = out.getvalue().splitlines()
    assert lines[0].startswith("[                    ]   0 %  0 rows")
    assert lines[1].startswith("[#############       ]  65 %  1000 rows")
    assert lines[2].startswith("[####################] 100 %  1501 rows")
    assert lines[2].endswith("1500 created, 0 updated, 1 failed")
    assert lines[-1] == "line 1502: name: must not be empty."
    assert Product.objects.count() == 1500
    assert [events.deliver(event) for event in pending()] == ["handled"] * 2  # the worker finds it done
    assert pending() == []
    balance()


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), ("sku\n", "column 'name' is missing"), ('sku,name,price\n"A', "Line 2 is not")],
)
def test_the_command_says_what_is_wrong_with_a_file(tmp_path, content, message):
    file = tmp_path / "products.csv"
    if content is not None:
        file.write_text(content)

    with pytest.raises(CommandError, match=message):
        call_command("import_products", str(file), stdout=io.StringIO())

    assert not Product.objects.exists()
