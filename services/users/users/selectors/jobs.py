"""Reads of background jobs."""

from typing import Any
from uuid import UUID

from django.db.models import F

from shared.errors import NotFound
from users.models import Job, JobRow

_FIELDS = ("id", "status", "total", "created", "failed", "created_at", "finished_at")


class NoSuchJob(NotFound):
    """There is no job with this id."""

    message = "There is no such job."


def job(job_id: UUID) -> dict[str, Any]:
    """Return how far a job is, with what became of each of its rows, in order; raises NoSuchJob."""
    found = Job.objects.filter(id=job_id).values(*_FIELDS).first()
    if found is None:
        raise NoSuchJob
    rows = JobRow.objects.filter(job_id=job_id).order_by("number")
    return {**found, "results": list(rows.values("status", "user_id", "errors", row=F("number")))}
