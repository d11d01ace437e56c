"""The Celery app of the greeter; its handlers are loaded through TEST_HANDLERS=greeter."""

from shared.celery import make_app

app = make_app("shared")
