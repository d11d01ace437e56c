"""The report of an import's errors, its pace, and imports whose job has died."""

import csv
import io
from datetime import timedelta

import pytest
from books import balance
from django.utils import timezone
from importing import counts, pending, run, start

from catalog import selectors, services
from catalog.models import Import, Product
from catalog.services import import_writes
from shared.db.models import uuid7
from shared.events import dead_letters
from shared.events.contracts import ImportAdvanced
from shared.events.models import FailedEvent, OutboxEvent
from shared.testing import events

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stopped(monkeypatch):
    """An import of 1500 rows whose second batch has died."""
    import_id = start("".join(f"S{number},Thing {number},1.00,,,2,\n" for number in range(1500)))
    assert events.deliver(pending()[0]) == "handled"
    (second,) = pending()

    def broken(*_args):
        raise LookupError("no")

    monkeypatch.setattr(import_writes, "write", broken)
    assert events.deliver(second) == "retried"
    monkeypatch.undo()
    FailedEvent.objects.update(dead_at=timezone.now())
    return import_id


def test_the_report_lists_every_error_by_line(staff):
    import_id = start('A,,free,,,,\n=B,,1.00,,,,\n"C\x00D",Mug,1.00,,,,\nE,Mug\n' + "F,,1.00,,,,\n" * 200)
    run(import_id)

    response = staff.get(f"imports/{import_id}/errors/", Accept="text/csv")
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))

    assert response.headers["Content-Disposition"] == 'attachment; filename="errors.csv"'
    assert rows[:6] == [
        ["line", "sku", "field", "message"],
        ["2", "A", "name", "must not be empty."],
        ["2", "A", "price", "'free' is no amount above 0 with at most two decimals."],
        ["3", "'=B", "name", "must not be empty."],
        ["4", "C\ufffdD", "sku", "must not contain a NUL character."],
        ["5", "E", "", "There are 2 fields where the header has 7."],
    ]
    assert len(rows) == 206
    assert Import.objects.get().failed == 204


def test_an_import_without_errors_has_an_empty_report(staff):
    import_id = start("A,Mug,1.00,,,,\n")
    run(import_id)

    assert b"".join(staff.get(f"imports/{import_id}/errors/").streaming_content) == b"line,sku,field,message\n"


@pytest.mark.parametrize(("method", "path"), [("GET", "errors"), ("POST", "retry")])
def test_what_is_not_there_has_neither_report_nor_retry(staff, customer, refusal, method, path):
    assert refusal(staff.send(method, f"imports/{uuid7()}/{path}/"))[:2] == (404, "not_found")
    assert customer.send(method, f"imports/{uuid7()}/{path}/").status_code == 403


def test_the_pace_is_told_while_it_runs_and_kept_at_the_end():
    import_id = start("".join(f"S{number:04},Thing,1.00,,,,\n" for number in range(1500)))
    before = selectors.import_get(import_id=import_id)
    events.deliver(pending()[0])
    Import.objects.update(started_at=timezone.now() - timedelta(seconds=100))
    during = selectors.import_get(import_id=import_id)
    run_again = start("")
    services.import_advance(import_id=import_id, offset=during["offset"])
    after = selectors.import_get(import_id=import_id)

    assert (before["rows_per_second"], before["eta_seconds"]) == (None, None)
    assert during["rows_per_second"] == pytest.approx(10, rel=0.1)
    assert during["eta_seconds"] == pytest.approx(50, rel=0.1)
    assert after["rows_per_second"] == pytest.approx(15, rel=0.1)
    assert after["eta_seconds"] is None
    assert selectors.import_get(import_id=run_again)["rows_per_second"] is None


def test_an_import_whose_job_has_died_is_shown_as_failed(stopped, staff, one):
    job = one(staff.get(f"imports/{stopped}/"))

    assert (job["status"], job["processed"]) == ("failed", 1000)
    assert job["error"] == "It has stopped: LookupError: no. A retry goes on after the last batch."
    assert (job["rows_per_second"], job["eta_seconds"], job["finished_at"]) == (None, None, None)


def test_an_import_whose_job_the_broker_refused_is_shown_as_failed(staff, one):
    import_id = start("A,Mug,1.00,,,,\n")
    OutboxEvent.objects.update(dead_at=timezone.now(), last_error="unroutable")

    assert one(staff.get(f"imports/{import_id}/"))["error"].startswith("It has stopped: unroutable.")


def test_a_retry_goes_on_after_the_last_batch(stopped, staff, one):
    answer = staff.post(f"imports/{stopped}/retry/")

    assert answer.status_code == 202
    assert (one(answer)["status"], one(answer)["error"]) == ("running", None)
    assert list(dead_letters.dead()) == []
    assert counts(run(stopped)) == ("completed", 1500, 1500, 0, 0)
    assert Product.objects.count() == 1500
    balance()


def test_replayed_dead_letters_do_the_same(stopped):
    assert dead_letters.replay(event_type=ImportAdvanced.TYPE) == 1

    assert selectors.import_get(import_id=stopped)["status"] == "running"
    (letter,) = FailedEvent.objects.all()
    assert events.deliver(ImportAdvanced(**letter.envelope["data"])) == "handled"
    assert counts(run(stopped)) == ("completed", 1500, 1500, 0, 0)


def test_a_retry_of_a_running_import_does_nothing_twice(staff):
    import_id = start("".join(f"S{number},Thing {number},1.00,,,2,\n" for number in range(1500)))

    assert staff.post(f"imports/{import_id}/retry/").status_code == 202
    while waiting := pending():
        assert {events.deliver(event) for event in waiting} == {"handled"}

    assert counts(selectors.import_get(import_id=import_id)) == ("completed", 1500, 1500, 0, 0)
    balance()


def test_an_import_that_has_ended_is_not_retried(staff, refusal):
    import_id = start("A,Mug,1.00,,,,\n")
    run(import_id)

    assert refusal(staff.post(f"imports/{import_id}/retry/"))[:2] == (409, "import_ended")
    assert pending() == []


def test_another_imports_death_is_not_this_ones(stopped):
    other = start("A,Mug,1.00,,,,\n")

    assert selectors.import_get(import_id=other)["status"] == "pending"
