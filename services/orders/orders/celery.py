"""The Celery app of the orders service, and its schedule."""

from shared.celery import make_app

app = make_app("orders")
app.conf.beat_schedule = {}
