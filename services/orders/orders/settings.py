"""Settings of the orders service: its environment, what all services share, and what is its own."""

from shared.settings.environment import Environment, load


class OrdersEnvironment(Environment):
    """The environment variables of the orders service."""


env = load(OrdersEnvironment)

from shared.settings.base import *

SERVICE = "orders"
SERVICE_HANDLERS = "orders.handlers"
ROOT_URLCONF = "orders.urls"
WSGI_APPLICATION = "orders.wsgi.application"
INSTALLED_APPS = [*INSTALLED_APPS, "orders"]
