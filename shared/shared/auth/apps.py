"""The Django app behind the table of subjects."""

from django.apps import AppConfig


class AuthConfig(AppConfig):
    name = "shared.auth"
    label = "subjects"
