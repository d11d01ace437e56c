"""Drives imports in tests: starts one from text, and delivers its batches."""

from uuid import uuid4

from catalog import selectors, services
from shared.testing import events

HEADER = "sku,name,price,description,category,on_hand,is_active\n"


def start(text, *, header=HEADER):
    data = (header + text).encode()
    return services.import_start(pieces=[data], created_by=uuid4())["id"]


def pending():
    """Return the imports' events that wait to be published, and take them away."""
    said = events.said()
    events.clear_outbox()
    return said


def run(import_id):
    """Deliver every batch until there is none left; returns the import."""
    while waiting := pending():
        assert [events.deliver(event) for event in waiting] == ["handled"]
    return selectors.import_get(import_id=import_id)


def counts(job):
    return job["status"], job["processed"], job["created"], job["updated"], job["failed"]
