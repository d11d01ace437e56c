"""The Django app of the users service."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"
