"""The Celery app of the orders service, and its schedule."""

from shared.celery import make_app

app = make_app("orders")
app.conf.beat_schedule = {
    # A tick that waited longer than this behind a backlog has been overtaken by others.
    "sweep": {"task": "orders.sweep", "schedule": 1.0, "options": {"expires": 5}},
    "purge": {"task": "orders.purge", "schedule": 3600.0, "options": {"expires": 3600}},
}
