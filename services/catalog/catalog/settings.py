"""Settings of the catalog service: its environment, what all services share, and what is its own."""

from shared.settings.environment import Environment, load


class CatalogEnvironment(Environment):
    """The environment variables of the catalog service."""


env = load(CatalogEnvironment)

from shared.settings.base import *

SERVICE = "catalog"
SERVICE_HANDLERS = "catalog.handlers"
ROOT_URLCONF = "catalog.urls"
WSGI_APPLICATION = "catalog.wsgi.application"
INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.postgres", "catalog"]
