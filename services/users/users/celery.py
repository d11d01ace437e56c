"""The Celery app of the users service, and its schedule."""

from celery.schedules import crontab

from shared.celery import make_app

app = make_app("users")
app.conf.beat_schedule = {
    "purge": {"task": "users.purge", "schedule": crontab(minute="17")},
}
