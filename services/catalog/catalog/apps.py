"""The Django app of the catalog service."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"
