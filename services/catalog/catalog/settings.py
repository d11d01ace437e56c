"""Settings of the catalog service: its environment, what all services share, and what is its own."""

from pydantic import Field

from shared.settings.environment import Environment, load


class CatalogEnvironment(Environment):
    """The environment variables of the catalog service."""

    import_max_bytes: int = Field(default=200 * 1024 * 1024, ge=1024, description="largest file of an import")
    low_stock: int = Field(default=5, ge=1, description="available units at which a product counts as low on stock")


env = load(CatalogEnvironment)

from shared.settings.base import *

SERVICE = "catalog"
SERVICE_HANDLERS = "catalog.handlers"
SERVICE_INVARIANTS = "catalog.selectors.invariants.INVARIANTS"
SERVICE_MEASURES = "catalog.selectors.measures.measure"
ROOT_URLCONF = "catalog.urls"
WSGI_APPLICATION = "catalog.wsgi.application"
INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.postgres", "catalog"]

IMPORT_MAX_BYTES = env.import_max_bytes
LOW_STOCK = env.low_stock
