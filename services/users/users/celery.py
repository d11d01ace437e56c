"""The Celery app of the users service, and its schedule."""

from shared.celery import make_app

app = make_app("users")
app.conf.beat_schedule = {
    "purge": {"task": "users.purge", "schedule": 3600.0, "options": {"expires": 3600}},
}
