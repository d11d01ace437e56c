"""The Django app behind the table of idempotency keys."""

from django.apps import AppConfig


class HttpConfig(AppConfig):
    name = "shared.http"
    label = "http"
