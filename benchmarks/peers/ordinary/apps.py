"""The app."""

from django.apps import AppConfig


class OrdinaryConfig(AppConfig):
    name = "benchmarks.peers.ordinary"
    label = "ordinary"
