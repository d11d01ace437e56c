"""Lists of accounts as staff sends them: taken in as a whole or refused, and what is shown of them."""

from uuid import UUID

import pytest
from factories import STAFF
from lists import people, start

from shared.db.models import uuid7
from shared.events.contracts import UsersBulkAdvanced
from shared.testing import events
from users.models import Job, JobRow, User

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN = {"email": ["A user with this e-mail address already exists."]}


def test_a_list_is_taken_in_and_nothing_is_made_yet(staff):
    response = staff.post("users/bulk/", {"users": people(2)})

    job = response.json()
    assert response.status_code == 202
    assert response["Location"] == f"/api/v2/jobs/{job['id']}/"
    assert job == {
        "id": job["id"],
        "status": "pending",
        "total": 2,
        "processed": 0,
        "created": 0,
        "failed": 0,
        "created_at": job["created_at"],
        "finished_at": None,
        "results": [
            {"row": 0, "status": "pending", "user_id": None, "errors": {}},
            {"row": 1, "status": "pending", "user_id": None, "errors": {}},
        ],
    }
    assert staff.get(f"jobs/{job['id']}/").json() == job
    assert events.said() == [UsersBulkAdvanced(job_id=UUID(job["id"]), row=0)]
    assert User.objects.count() == 0
    assert Job.objects.get().created_by == STAFF


def test_in_v1_the_job_is_wrapped_and_its_address_is_v1s(api):
    response = api(STAFF, roles=("staff",), version="v1").post("users/bulk/", {"users": people(1)})

    assert response.status_code == 202
    assert response["Location"] == f"/api/v1/jobs/{response.json()['data']['id']}/"


def test_the_same_key_takes_a_list_in_once(staff):
    first, again = (staff.post("users/bulk/", {"users": people(3)}, idempotency_key="list-1") for _ in range(2))

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.content == first.content
    assert again["Location"] == first["Location"]
    assert again["Idempotency-Replayed"] == "true"
    assert Job.objects.count() == 1
    assert len(events.said()) == 1


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        ({}, "users", "This field is required."),
        ({"users": []}, "users", "Ensure this field has at least 1 elements."),
        ({"users": people(1001)}, "users", "Ensure this field has no more than 1000 elements."),
        ({"users": {"email": "a@b.example"}}, "users", 'Expected a list of items but got type "dict".'),
        ({"users": ["ann"]}, "users.0.non_field_errors", "Invalid data. Expected a dictionary, but got str."),
        ({"users": [*people(3), {"email": "no address", "username": "x"}]}, "users.3.email", None),
        ({"users": [*people(3), {"email": "a@localhost", "username": "x"}]}, "users.3.email", None),
        ({"users": [*people(3), {"email": '"a@b"@c.example', "username": "x"}]}, "users.3.email", None),
        ({"users": [{"email": "a@b.example"}]}, "users.0.username", "This field is required."),
        ({"users": [{**people(1)[0], "age": 12}]}, "users.0.age", None),
        ({"users": [{**people(1)[0], "password": "Correct-Horse-7"}]}, "users.0.password", "Unknown field."),
        ({"users": people(1), "notify": False}, "notify", "Unknown field."),
    ],
)
def test_a_list_with_anything_wrong_is_refused_as_a_whole(staff, body, field, text):
    response = staff.post("users/bulk/", body)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    if text:
        assert response.json()["errors"][field] == [text]
    assert Job.objects.count() == JobRow.objects.count() == 0
    assert events.said() == []


def test_lists_and_jobs_are_for_staff(api, user):
    job_id = start(people(1))
    events.clear_outbox()

    for client, status in ((api(), 401), (api(user.id), 403)):
        assert client.post("users/bulk/", {"users": people(1)}).status_code == status
        assert client.get(f"jobs/{job_id}/").status_code == status
    assert Job.objects.count() == 1
    assert events.said() == []


def test_a_job_that_is_not_there_is_not_found(staff):
    response = staff.get(f"jobs/{uuid7()}/")

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


@pytest.mark.parametrize("rows", [1, 150])
def test_showing_a_job_takes_two_queries_however_long_it_is(staff, settled_subjects, django_assert_num_queries, rows):
    job_id = start(people(rows))

    with django_assert_num_queries(2):
        assert staff.get(f"jobs/{job_id}/").status_code == 200


@pytest.mark.parametrize("rows", [1, 150])
def test_taking_a_list_in_takes_the_same_queries_however_long_it_is(
    staff, settled_subjects, django_assert_num_queries, rows
):
    # begin, job, rows, event, job and rows to show, commit
    with django_assert_num_queries(7):
        assert staff.post("users/bulk/", {"users": people(rows)}).status_code == 202
