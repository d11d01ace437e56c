"""Reservations of orders, and the ledger of everything that changed what is on hand."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalog.domain import reservations
from catalog.models.products import Product
from shared.db.models import MoneyField


class Reservation(models.Model):
    """What is held for an order; a released one without lines is a tombstone that refuses a late request."""

    order_id = models.UUIDField(primary_key=True)
    user_id = models.UUIDField()
    state = models.CharField(max_length=9)
    reason = models.CharField(max_length=20, db_default="", default="", blank=True)
    shortages = models.JSONField(db_default=[], default=list)
    total = MoneyField(db_default=0, default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "reservation"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=reservations.STATES), name="reservation_state_known"),
            models.CheckConstraint(
                condition=Q(state=reservations.REJECTED) ^ Q(reason=""),
                name="reservation_rejected_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state=reservations.HELD), name="reservation_held"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.state}"


class ReservationLine(models.Model):
    """A product's share in a reservation, with the name and price that hold for the order."""

    id = models.BigAutoField(primary_key=True)
    # The unique constraint serves look-ups by reservation; nothing looks up by product.
    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="lines", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.BigIntegerField()
    unit_price = MoneyField()
    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=200)

    class Meta:
        db_table = "reservation_line"
        constraints = [
            models.UniqueConstraint(fields=["reservation", "product"], name="reservation_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_line_quantity_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"


class StockEntry(models.Model):
    """One change of what is on hand; a product's entries add up to its `on_hand`."""

    class Reason(models.TextChoices):
        SET = "set"
        ADJUST = "adjust"
        IMPORT = "import"
        COMMIT = reservations.COMMIT
        RESTOCK = reservations.RESTOCK

    id = models.BigAutoField(primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="entries")
    delta = models.BigIntegerField()
    reason = models.CharField(max_length=7)
    order_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "stock_entry"
        constraints = [
            models.CheckConstraint(condition=~Q(delta=0), name="stock_entry_changes_something"),
            models.CheckConstraint(
                condition=Q(reason__in=["set", "adjust", "import", "commit", "restock"]),
                name="stock_entry_reason_known",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=["commit", "restock"]) ^ Q(order_id__isnull=True),
                name="stock_entry_order_of_sale",
            ),
            # An order leaves the shelf once and comes back at most once, whatever the code believes.
            models.UniqueConstraint(
                fields=["order_id", "product", "reason"],
                condition=Q(order_id__isnull=False),
                name="stock_entry_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+} {self.reason}"
