"""Settings of the orders service: its environment, what all services share, and what is its own."""

from pydantic import Field

from shared.settings.environment import Environment, load


class OrdersEnvironment(Environment):
    """The environment variables of the orders service."""

    order_timeout: int = Field(
        default=900, ge=1, le=7 * 24 * 3600, description="seconds until an open order is cancelled"
    )


env = load(OrdersEnvironment)

from shared.settings.base import *

SERVICE = "orders"
SERVICE_HANDLERS = "orders.handlers"
SERVICE_INVARIANTS = "orders.selectors.invariants.INVARIANTS"
SERVICE_MEASURES = "orders.selectors.measures.measure"
ROOT_URLCONF = "orders.urls"
WSGI_APPLICATION = "orders.wsgi.application"
INSTALLED_APPS = [*INSTALLED_APPS, "orders"]

ORDER_TIMEOUT = env.order_timeout
