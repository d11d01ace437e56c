"""Uploading files and following their imports over HTTP, in both dialects."""

from uuid import uuid4

import pytest
from django.test import Client

from catalog.models import Import, ImportChunk, Product
from shared.db.models import uuid7
from shared.events.contracts import ImportAdvanced
from shared.testing import events
from shared.testing.tokens import token

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = b"sku,name,price\nA,Mug,1.00\nB,,1.00\n"


def test_an_upload_is_accepted_and_followed_to_its_end(uploads, staff, one, version):
    answer = uploads().post(("file", "products.csv", GOOD))

    assert answer.status_code == 202
    job = one(answer)
    assert answer.headers["Location"] == f"/api/{version}/imports/{job['id']}/"
    assert (job["status"], job["total_bytes"], job["percent"], job["finished_at"]) == (
        "pending",
        len(GOOD),
        pytest.approx(100 * 15 / len(GOOD), abs=0.1),
        None,
    )
    assert not Product.objects.exists()
    (event,) = events.said()
    assert event == ImportAdvanced(import_id=job["id"], offset=15)

    events.deliver(event)

    done = one(staff.get(f"imports/{job['id']}/"))
    assert list(done) == [
        "id",
        "status",
        "total_bytes",
        "offset",
        "percent",
        "processed",
        "created",
        "updated",
        "failed",
        "rows_per_second",
        "eta_seconds",
        "errors",
        "error",
        "created_at",
        "started_at",
        "finished_at",
    ]
    assert (done["status"], done["percent"], done["processed"]) == ("completed", 100.0, 2)
    assert (done["created"], done["updated"], done["failed"]) == (1, 0, 1)
    assert done["errors"] == [{"line": 3, "sku": "B", "field": "name", "message": "must not be empty."}]
    assert done["error"] is None
    assert done["finished_at"].endswith("Z")


def test_a_large_upload_is_stored_in_pieces_that_make_up_the_file(uploads, one):
    data = GOOD + b"".join(b"S%d,Thing,1.00\n" % number for number in range(60_000))

    answer = uploads().post(("file", "products.csv", data))

    assert one(answer)["total_bytes"] == len(data)
    pieces = ImportChunk.objects.order_by("number").values_list("data", flat=True)
    assert len(pieces) > 3
    assert b"".join(map(bytes, pieces)) == data


def test_the_same_file_under_the_same_key_is_imported_once(uploads, refusal):
    client = uploads(user_id=uuid4())

    first = client.post(("file", "products.csv", GOOD), idempotency_key="k-1")
    again = client.post(("file", "renamed.csv", GOOD), idempotency_key="k-1")
    other = client.post(("file", "products.csv", GOOD + b"C,Cup,1\n"), idempotency_key="k-1")

    assert first.status_code == again.status_code == 202
    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert refusal(other)[:2] == (422, "idempotency_key_reused")
    assert Import.objects.count() == 1
    assert len(events.outbox()) == 1


def test_a_refused_file_may_be_sent_again_corrected_under_a_new_key(uploads):
    client = uploads(user_id=uuid4())

    refused = client.post(("file", "products.csv", b"sku\n"), idempotency_key="k-1")
    taken = client.post(("file", "products.csv", GOOD), idempotency_key="k-2")

    assert (refused.status_code, taken.status_code) == (400, 202)
    assert Import.objects.count() == 1


@pytest.mark.parametrize(
    ("parts", "field", "text"),
    [
        ([], "file", "No file was submitted."),
        ([("file", "x.csv", b"")], "file", "The submitted file is empty."),
        ([("file", None, b"sku,name,price")], "file", "The submitted data was not a file."),
        ([("file", "x.csv", b"sku,name\n")], "file", "The column 'price' is missing."),
        (
            [("file", "x.csv", b"sku,name,price\nA,M\xfcg,1\n")],
            "file",
            "The file is not UTF-8: line 2",
        ),
        ([("file", "x.csv", GOOD), ("mode", None, b"fast")], "mode", "Unknown field."),
        ([("file", "x.csv", GOOD), ("other", "y.csv", GOOD)], "other", "Unknown field."),
    ],
)
def test_a_wrong_upload_is_refused_by_name_and_stores_nothing(uploads, refusal, parts, field, text):
    status, code, fields = refusal(uploads().post(*parts, idempotency_key="k-1"))

    assert (status, code) == (400, "validation_error")
    assert fields[field][0].startswith(text)
    assert not Import.objects.exists()
    assert not ImportChunk.objects.exists()
    assert events.outbox() == []


def test_a_body_that_is_no_form_is_refused(staff, refusal):
    assert refusal(staff.post("products/import/", {"file": "x"}))[:2] == (415, "unsupported_media_type")


def test_no_body_at_all_is_refused_under_a_key_too(version, refusal):
    headers = {"Authorization": f"Bearer {token(uuid4(), roles=('staff',))}", "Idempotency-Key": "k-1"}

    answer = Client().generic("POST", f"/api/{version}/products/import/", content_type="", headers=headers)

    assert refusal(answer) == (400, "validation_error", {"file": ["No file was submitted."]})


def test_only_staff_imports(uploads, anyone, customer, refusal):
    assert refusal(uploads(roles=()).post(("file", "x.csv", GOOD)))[:2] == (403, "insufficient_permissions")
    assert refusal(anyone.post("products/import/"))[:2] == (401, "not_authenticated")
    for client, status in ((anyone, 401), (customer, 403)):
        assert client.get(f"imports/{uuid7()}/").status_code == status

    assert not Import.objects.exists()
    assert events.outbox() == []


@pytest.mark.parametrize("key", [str(uuid7()), "not-an-id"])
def test_an_import_that_is_not_there_is_not_found(staff, refusal, key):
    assert refusal(staff.get(f"imports/{key}/"))[:2] == (404, "not_found")


def test_reading_an_import_takes_four_statements(uploads, one, api, django_assert_num_queries):
    job = one(uploads().post(("file", "products.csv", GOOD)))
    client = api(uuid4(), roles=("staff",))
    client.get(f"imports/{job['id']}/")  # learns who was revoked lately

    with django_assert_num_queries(4):  # job, errors, and whether it died in the outbox or the inbox
        client.get(f"imports/{job['id']}/")
