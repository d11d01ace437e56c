"""The Django app of the orders service."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
