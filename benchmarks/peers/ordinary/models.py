"""The tables of catalog and orders as models; only the users' table is this service's own."""

import uuid

from django.contrib.auth.models import AbstractBaseUser
from django.db import models


class User(AbstractBaseUser):
    """Who may log in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    username = models.CharField(max_length=150, unique=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "username"


class Category(models.Model):
    id = models.UUIDField(primary_key=True)
    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=200)

    class Meta:
        managed = False
        db_table = "category"


class Product(models.Model):
    id = models.UUIDField(primary_key=True)
    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    slug = models.CharField(max_length=100)
    description = models.TextField()
    price = models.DecimalField(max_digits=12, decimal_places=2)
    category = models.ForeignKey(Category, null=True, on_delete=models.PROTECT)
    is_active = models.BooleanField()
    on_hand = models.BigIntegerField()
    reserved = models.BigIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "product"


class Order(models.Model):
    id = models.UUIDField(primary_key=True)
    user_id = models.UUIDField()
    status = models.CharField(max_length=10)
    reason = models.CharField(max_length=20)
    total = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    currency = models.CharField(max_length=3)
    shortages = models.JSONField(null=True)
    placed_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "orders"


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    product_id = models.UUIDField()
    quantity = models.PositiveIntegerField()
    sku = models.TextField(null=True)
    name = models.TextField(null=True)
    unit_price = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    class Meta:
        managed = False
        db_table = "order_lines"
