"""Upkeep and the demo catalog."""

from datetime import timedelta
from io import StringIO

import pytest
from books import balance
from django.core.management import call_command
from django.db import IntegrityError, connection, connections
from django.db.models.functions import Now
from factories import ProductFactory

from catalog import services, tasks
from catalog.celery import app
from catalog.models import Category, Product
from shared.db.locks import lock_id
from shared.db.models import uuid7
from shared.events import inbox
from shared.events.models import InboxEvent, OutboxEvent

pytestmark = pytest.mark.django_db(transaction=True)


def old(days):
    return Now() - timedelta(days=days)


def outbox_row(days):
    sent_at = old(days) if days else None
    return OutboxEvent.objects.create(event_id=uuid7(), type="t", subject=uuid7(), data={}, sent_at=sent_at).event_id


def test_what_has_served_its_time_is_deleted_and_the_rest_stays():
    _, kept, unsent = outbox_row(8), outbox_row(6), outbox_row(0)
    for days in (31, 29):
        InboxEvent.objects.create(event_id=uuid7(), type="t", handled_at=old(days))

    tasks.purge()

    assert set(OutboxEvent.objects.values_list("event_id", flat=True)) == {kept, unsent}
    assert InboxEvent.objects.count() == 1


def test_the_purge_says_what_it_deleted_and_needs_several_batches():
    for _ in range(5):
        InboxEvent.objects.create(event_id=uuid7(), type="t", handled_at=old(31))

    assert inbox.purge(older_than_days=30, batch=2) == 5
    assert services.purge() == {"outbox": 0, "inbox": 0, "idempotency": 0, "revoked": 0}


def test_a_purge_leaves_the_work_to_one_that_runs_already():
    gone = outbox_row(8)
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [lock_id("purge")])
    try:
        assert services.purge() == {}
    finally:
        other.close()

    assert OutboxEvent.objects.filter(event_id=gone).exists()


def test_the_schedule_names_tasks_that_exist():
    app.loader.import_default_modules()

    assert {each["task"] for each in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_the_demo_catalog_is_made_once():
    first, second = StringIO(), StringIO()

    call_command("seed", stdout=first)
    Product.objects.filter(sku="DEMO-001").update(name="Changed")
    call_command("seed", stdout=second)

    assert (first.getvalue(), second.getvalue()) == (
        "12 demo products created\n",
        "0 demo products created\n",
    )
    assert Product.objects.count() == 12
    assert set(Product.objects.values_list("on_hand", "category__slug")) == {(1000, "kitchen")}
    assert Product.objects.get(sku="DEMO-001").name == "Changed"
    assert Category.objects.count() == 1
    balance()


def test_a_demo_product_that_is_missing_comes_back():
    ProductFactory(sku="DEMO-001")

    assert services.demo_seed() == 11


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("price = 0", "product_price_above_zero"),
        ("on_hand = -1", "product_never_oversold"),
        ("reserved = -1", "product_never_oversold"),
        ("reserved = 6", "product_never_oversold"),
        ("sku = 'TAKEN'", "product_sku_once"),
        ("slug = 'taken'", "product_slug_once"),
    ],
)
def test_the_database_itself_refuses_what_must_never_be(change, rule):
    ProductFactory(sku="TAKEN", slug="taken")
    product = ProductFactory(stock=5)

    with pytest.raises(IntegrityError, match=rule), connection.cursor() as cursor:
        cursor.execute(f"UPDATE product SET {change} WHERE id = %s", [product.id])
