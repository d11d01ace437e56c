"""The Celery app of the catalog service, and its schedule."""

from shared.celery import make_app

app = make_app("catalog")
app.conf.beat_schedule = {"purge": {"task": "catalog.purge", "schedule": 3600.0, "options": {"expires": 3600}}}
