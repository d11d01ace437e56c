"""Tables of orders: the order, its lines, its timeline; and what the database holds true about them."""

from collections.abc import Iterable
from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from orders.domain import LARGEST_QUANTITY, OPEN, Money, Reason, Status, Stock
from shared.db.models import MoneyField, uuid7


def _within(field: str, values: Iterable[StrEnum]) -> Q:
    """Return the condition that a column holds one of the values; plain text, as migrations outlive enums."""
    return Q(**{f"{field}__in": sorted(value.value for value in values)})


_CANCELLED = _within("status", [Status.CANCELLED])
_COMPLETED = _within("status", [Status.COMPLETED])
_SOLD = _within("stock", [Stock.COMMITTED]) & _within("money", [Money.CAPTURED])
_CLEAR = _within("stock", [each for each in Stock if each.is_clear]) & _within(
    "money", [each for each in Money if each.is_clear]
)


class Order(models.Model):
    """An order; its row is the only place where its story is decided (lock it before deciding).

    `stock` and `money` are what the participants said last. `next_ask_at` says when to ask again, until it is
    settled.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField()
    status = models.CharField(max_length=10)
    reason = models.CharField(max_length=20, blank=True)
    stock = models.CharField(max_length=10)
    money = models.CharField(max_length=10)
    total = MoneyField(null=True)
    currency = models.CharField(max_length=3)
    shortages = models.JSONField(null=True)
    placed_at = models.DateTimeField()
    placed_on = models.DateField()
    deadline_at = models.DateTimeField()
    next_ask_at = models.DateTimeField(null=True)
    asks = models.PositiveIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "orders"
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "placed_on"],
                condition=Q(status=Status.PENDING.value),
                name="orders_one_pending_per_user_and_day",
            ),
            models.CheckConstraint(condition=_within("status", Status), name="orders_status_known"),
            models.CheckConstraint(condition=_within("stock", Stock), name="orders_stock_known"),
            models.CheckConstraint(condition=_within("money", Money), name="orders_money_known"),
            models.CheckConstraint(
                condition=(_CANCELLED & _within("reason", [each for each in Reason if each]))
                | (~_CANCELLED & Q(reason="")),
                name="orders_reason_fits_status",
            ),
            models.CheckConstraint(
                condition=_within("status", [Status.PENDING, Status.CANCELLED]) | Q(total__isnull=False),
                name="orders_total_known_once_held",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, next_ask_at__isnull=False)
                | (
                    Q(settled_at__isnull=False, next_ask_at__isnull=True)
                    & ((_COMPLETED & _SOLD) | (_CANCELLED & _CLEAR))
                ),
                name="orders_asks_until_settled",
            ),
        ]
        indexes = [
            models.Index(fields=["user_id", "-placed_at", "-id"], name="orders_of_user"),
            models.Index(fields=["-placed_at", "-id"], name="orders_latest"),
            models.Index(fields=["next_ask_at"], condition=Q(next_ask_at__isnull=False), name="orders_to_ask_again"),
            models.Index(fields=["deadline_at"], condition=_within("status", OPEN), name="orders_to_time_out"),
            # Of one status each, in the order of the list; what was sold also adds up without the table.
            models.Index(
                fields=["-placed_at", "-id"],
                include=["placed_on", "user_id", "total"],
                condition=_COMPLETED,
                name="orders_sold",
            ),
            models.Index(fields=["-placed_at", "-id"], condition=_CANCELLED, name="orders_called_off"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"


class OrderLine(models.Model):
    """So much of one product; sku, name and price come from catalog with the reservation."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    product_id = models.UUIDField()
    quantity = models.PositiveIntegerField()
    sku = models.TextField(null=True)  # noqa: DJ001 (not known yet is not the same as empty)
    name = models.TextField(null=True)  # noqa: DJ001 (as above)
    unit_price = MoneyField(null=True)

    class Meta:
        db_table = "order_lines"
        constraints = [
            models.UniqueConstraint(fields=["order", "product_id"], name="order_lines_product_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=LARGEST_QUANTITY), name="order_lines_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.product_id}"


class TimelineEntry(models.Model):
    """One thing that happened to an order: a transition, an event that moved nothing, a repeated question."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="timeline", db_index=False)
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=10)
    from_status = models.CharField(max_length=10, blank=True)
    to_status = models.CharField(max_length=10)
    cause = models.CharField(max_length=100)
    event_id = models.UUIDField(null=True)
    attempt = models.PositiveIntegerField(default=1)
    trace_id = models.CharField(max_length=32, blank=True)

    class Meta:
        db_table = "order_timeline"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["transition", "event", "ask"]), name="order_timeline_kind_known"
            )
        ]
        indexes = [models.Index(fields=["order", "id"], name="order_timeline_of_order")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind} {self.cause}"
