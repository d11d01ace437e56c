"""What a real web process and a real worker report to a real envelope endpoint: defects with ids, nothing personal."""

import contextlib
import uuid

import greeter
import pytest
import servers
import trouble
from django.conf import settings
from django.db import transaction
from envelopes import Envelopes

from shared.events import outbox, relay, topology
from shared.events.publisher import Publisher

pytestmark = pytest.mark.django_db(transaction=True)

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def endpoint():
    with contextlib.closing(Envelopes()) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def reporting(endpoint):
    return {"SENTRY_DSN": endpoint.dsn, "ENVIRONMENT": "rehearsal", "RELEASE": "plaza@1.2.3"}


@pytest.fixture(scope="module")
def web(django_db_setup, tmp_path_factory, reporting):
    with servers.web(tmp_path_factory.mktemp("web"), workers=1, **reporting) as server:
        yield server


@pytest.fixture(scope="module")
def worker(django_db_setup, tmp_path_factory, reporting):
    topology.declare()
    with servers.worker(tmp_path_factory.mktemp("worker"), **reporting) as server:
        yield server


def reported(endpoint, tag, value):
    return servers.eventually(lambda: [each for each in endpoint.events() if each["tags"].get(tag) == value])


def test_a_defect_in_a_view_is_reported_once_with_its_ids_and_without_anything_personal(web, endpoint):
    for path in ("/nowhere/", "/api/v2/notes/", "/api/v2/open/?x=1"):
        assert web.get(path, **{"X-Request-ID": "expected-4xx"}).status_code in {400, 401, 404}
    headers = {
        "X-Request-ID": "request-of-view",
        "traceparent": PARENT,
        "Authorization": f"Bearer {trouble.CANARIES['token']}",
        "Cookie": f"session={trouble.CANARIES['password']}",
    }
    answer = web.get(f"/leaky/?email={trouble.CANARIES['e-mail']}", **headers)
    assert answer.status_code == 500

    (event,) = reported(endpoint, "request_id", "request-of-view")

    assert event["exception"]["values"][-1]["type"] == "RuntimeError"
    assert event["exception"]["values"][-1]["value"] == "cannot write to *** with ***, 46"
    assert {name: event["tags"][name] for name in ("trace_id", "service", "process")} == {
        "trace_id": TRACE,
        "service": "shared",
        "process": "web",
    }
    assert (event["environment"], event["release"]) == ("rehearsal", "plaza@1.2.3")
    assert set(event.get("request", {})) <= {"method", "url"}
    assert [each for each in endpoint.events() if each["tags"].get("request_id") == "expected-4xx"] == []
    assert leaks(endpoint) == []


def test_a_defect_in_a_handler_is_reported_with_its_ids_and_without_anything_personal(worker, endpoint):
    said = f"no mail to {trouble.CANARIES['e-mail']}"
    with transaction.atomic():
        (event_id,) = outbox.append(greeter.Asked(guest_id=uuid.uuid4(), trouble=said))
    publisher = Publisher(settings.BROKER_URL)
    assert relay.publish_outbox(publisher) == 1
    publisher.drop()

    (event,) = reported(endpoint, "event_id", str(event_id))

    assert event["exception"]["values"][-1]["value"] == "no mail to ***"
    assert event["tags"]["process"] == "worker"
    assert len(event["tags"]["trace_id"]) == 32
    assert leaks(endpoint) == []
    (line,) = servers.eventually(
        lambda: [each for each in worker.logged("event_handled") if each["event_id"] == str(event_id)]
    )
    assert (line["outcome"], line["event_type"]) == ("retried", "shared.asked.v1")
    assert trouble.CANARIES["e-mail"] not in (worker.folder / "log").read_text()


def leaks(endpoint):
    """Return which canaries are in what was sent."""
    assert endpoint.texts
    return [kind for kind, canary in trouble.CANARIES.items() if any(canary in text for text in endpoint.texts)]
