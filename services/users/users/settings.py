"""Settings of the users service: its environment, what all services share, and what is its own."""

from shared.settings.environment import Environment, load


class UsersEnvironment(Environment):
    """The environment variables of the users service."""


env = load(UsersEnvironment)

from shared.settings.base import *

SERVICE = "users"
SERVICE_HANDLERS = "users.handlers"
ROOT_URLCONF = "users.urls"
WSGI_APPLICATION = "users.wsgi.application"
INSTALLED_APPS = [*INSTALLED_APPS, "users"]
