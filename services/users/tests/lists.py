"""Lists of accounts to make, and the work that makes them, for the tests of bulk jobs."""

from factories import STAFF

from shared.events.contracts import UsersBulkAdvanced
from shared.testing import events
from users.selectors import jobs
from users.services import jobs as job_services


def people(count, start=0):
    return [{"email": f"new{number}@shop.example", "username": f"New {number}"} for number in range(start, count)]


def start(users):
    return job_services.job_start(users=users, created_by=STAFF)["id"]


def pending():
    """Return the next batches that wait to be published, and take everything away."""
    said = [event for event in events.said() if isinstance(event, UsersBulkAdvanced)]
    events.clear_outbox()
    return said


def run(job_id):
    """Deliver every batch until there is none left; returns the job."""
    while waiting := pending():
        assert [events.deliver(event) for event in waiting] == ["handled"] * len(waiting)
    return jobs.job(job_id)


def counts(job):
    return job["status"], job["total"], job["created"], job["failed"]
