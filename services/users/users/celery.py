"""The Celery app of the users service, and its schedule."""

from shared.celery import make_app

app = make_app("users")
app.conf.beat_schedule = {}
