"""HTTP as every service speaks it: both dialects, strict input, errors in one shape, pages, versions."""

import secrets
import uuid

import pytest
from django.core.management import call_command
from django.test import Client

from shared.auth.models import Subject

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("notes")]

USER = uuid.uuid4()


@pytest.fixture
def v1(api):
    return api(USER, version="v1")


@pytest.fixture
def v2(api):
    return api(USER)


def written():
    return Subject.objects.count()


def test_one_thing_is_bare_in_v2_and_in_an_envelope_in_v1(v1, v2):
    assert v2.get("open/").json() == {"said": "something"}
    assert v1.get("open/").json() == {"data": {"said": "something"}}


def test_a_path_works_without_its_final_slash(v2):
    assert v2.get("open").status_code == 200
    assert v2.post("notes", {"amount": "1.00"}).status_code == 201


def test_the_header_chooses_the_version_where_the_path_has_none():
    client = Client()

    assert client.get("/api/open/", headers={"API-Version": "v1"}).json() == {"data": {"said": "something"}}
    assert client.get("/api/open/", headers={"API-Version": "v9"}).json() == {"said": "something"}
    assert client.get("/api/open/").json() == {"said": "something"}


def test_v1_says_that_it_is_deprecated_and_who_follows(v1, v2):
    old, new = v1.get("open/"), v2.get("open/")

    assert old["Deprecation"] == "@1767225600"
    assert old["Sunset"] == "Fri, 31 Dec 2027 00:00:00 GMT"
    assert old["Link"] == '<http://127.0.0.1:8080/api/v2/open/>; rel="successor-version"'
    assert not {"Deprecation", "Sunset", "Link"} & set(new.headers)


def test_a_sane_request_id_is_kept_and_any_other_replaced(v2):
    assert v2.get("open/", x_request_id="my-request-1")["X-Request-ID"] == "my-request-1"
    for bad in ("short", "x" * 65, "line\tbreak-in-it", "semi;colon;here"):
        answered = v2.get("open/", x_request_id=bad)["X-Request-ID"]
        assert uuid.UUID(answered).version == 7


def test_an_unchanged_thing_is_not_sent_again(v1, v2):
    first = v2.get("open/")

    again = v2.get("open/", if_none_match=f'"other", W/{first["ETag"]}')

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert "ETag" not in v1.get("open/")


def test_a_validation_error_has_the_shape_of_its_version(v1, v2):
    body = {"amount": "0.00", "surprise": 1}

    new, old = v2.post("notes/", body), v1.post("notes/", body)

    assert new.status_code == old.status_code == 400
    assert new["Content-Type"] == "application/problem+json"
    problem = new.json()
    assert problem.pop("request_id") == new["X-Request-ID"]
    assert problem == {
        "type": "http://127.0.0.1:8080/problems/validation_error",
        "title": "Bad Request",
        "status": 400,
        "detail": "surprise: Unknown field.",
        "instance": "/api/v2/notes/",
        "code": "validation_error",
        "errors": {"surprise": ["Unknown field."]},
    }
    assert old.json() == {
        "error": {
            "status_code": 400,
            "message": "surprise: Unknown field.",
            "code": "validation_error",
            "details": {"surprise": ["Unknown field."]},
        }
    }
    assert written() == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "notes/", {"amount": "0.00"}, 400, "validation_error"),
        ("POST", "notes/", {"amount": "1.001"}, 400, "validation_error"),
        ("POST", "notes/", {"amount": "NaN"}, 400, "validation_error"),
        ("POST", "notes/", [], 400, "validation_error"),
        ("POST", "notes/", {"amount": "1.00", "fault": "rule"}, 400, "business_logic_error"),
        ("POST", "notes/", {"amount": "1.00", "fault": "missing"}, 404, "not_found"),
        ("POST", "notes/", {"amount": "1.00", "fault": "conflict"}, 409, "conflict"),
        ("POST", "notes/", {"amount": "1.00", "fault": "away"}, 503, "service_unavailable"),
        ("PUT", "notes/", {}, 405, "method_not_allowed"),
        ("GET", "nowhere/", None, 404, "not_found"),
        ("GET", "staff/", None, 403, "insufficient_permissions"),
        ("POST", "strict/", {}, 400, "validation_error"),
    ],
)
def test_refusals_have_their_status_and_code_in_both_versions(v1, v2, method, path, body, status, code):
    new, old = v2.send(method, path, body), v1.send(method, path, body)

    assert (new.status_code, new.json()["code"]) == (status, code)
    assert (old.status_code, old.json()["error"]["code"]) == (status, code)
    assert old.json()["error"]["status_code"] == status


def test_a_conflict_says_when_to_try_again(v2):
    assert v2.post("notes/", {"amount": "1.00", "fault": "conflict"})["Retry-After"] == "3"


def test_malformed_json_says_where(v2):
    answer = v2.send("POST", "notes/", '{"amount": }')

    assert answer.status_code == 400
    assert "at line 1, column 12" in answer.json()["detail"]


def test_other_media_types_and_wishes_are_refused(v2):
    client = Client()
    headers = v2._headers

    sent = client.post("/api/v2/notes/", "a=1", content_type="text/plain", headers=headers)
    wanted = client.get("/api/v2/open/", headers={**headers, "Accept": "text/html"})

    assert (sent.status_code, sent.json()["code"]) == (415, "unsupported_media_type")
    assert (wanted.status_code, wanted.json()["code"]) == (406, "not_acceptable")


def test_an_unknown_query_parameter_is_named(v2):
    answer = v2.get("notes/", {"shape": "round", "colour": "red"})

    assert (answer.status_code, answer.json()["errors"]) == (400, {"colour": ["Unknown query parameter."]})


def test_a_defect_is_a_500_that_tells_nothing_and_is_logged(v2, caplog):
    inside = v2.post("notes/", {"amount": "1.00", "fault": "defect"})
    outside = Client(raise_request_exception=False).get("/broken")

    for answer in (inside, outside):
        assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
        assert b"secret" not in answer.content
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["unexpected_error"] * 2


def test_nobody_is_told_to_authenticate(api):
    missing, wrong = api().get("notes/"), api().get("notes/", authorization="Bearer nonsense")

    assert (missing.status_code, missing.json()["code"]) == (401, "not_authenticated")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "token_not_valid")
    assert missing["WWW-Authenticate"] == wrong["WWW-Authenticate"] == 'Bearer realm="plaza"'


@pytest.fixture
def ten_notes():
    Subject.objects.bulk_create(Subject(user_id=uuid.uuid4(), epoch=number) for number in range(1, 11))


def numbers(answer, key="data"):
    return [row["number"] for row in answer.json()[key]]


@pytest.mark.usefixtures("ten_notes")
def test_v1_pages_have_numbers_and_totals(v1):
    page = v1.get("notes/", {"page": "2", "page_size": "4"})

    assert numbers(page, "results") == [6, 5, 4, 3]
    assert page.json()["pagination"] == {
        "page": 2,
        "pages": 3,
        "per_page": 4,
        "total": 10,
        "has_next": True,
        "has_previous": True,
    }
    assert v1.get("notes/", {"page": "4", "page_size": "4"}).status_code == 404
    assert v1.get("notes/", {"page_size": "1000"}).json()["pagination"]["per_page"] == 100
    assert v1.get("notes/", {"page": "x"}).json()["error"]["details"] == {
        "page": ["A whole number above 0 is required."]
    }
    assert v1.get("notes/", {"cursor": "x"}).status_code == 400


@pytest.mark.usefixtures("ten_notes")
def test_v2_pages_lead_forth_and_back(v2):
    def follow(address):
        return v2.get("notes/?" + address.partition("?")[2])

    first = v2.get("notes/", {"limit": "4"})
    second = follow(first.json()["next"])
    third = follow(second.json()["next"])
    back = follow(third.json()["previous"])

    assert [numbers(page) for page in (first, second, third)] == [[10, 9, 8, 7], [6, 5, 4, 3], [2, 1]]
    assert numbers(back) == numbers(second)
    assert first.json()["previous"] is None
    assert third.json()["next"] is None
    assert first.json()["next"].startswith("http://127.0.0.1:8080/api/v2/notes/?")
    assert numbers(follow(back.json()["previous"])) == numbers(first)
    assert follow(back.json()["previous"]).json()["previous"] is None


@pytest.mark.usefixtures("ten_notes")
def test_a_page_stays_in_place_when_rows_are_added_before_it(v2):
    first = v2.get("notes/", {"limit": "4"}).json()
    Subject.objects.create(user_id=uuid.uuid4(), epoch=99)

    second = v2.get("notes/?" + first["next"].partition("?")[2])

    assert numbers(second) == [6, 5, 4, 3]


@pytest.mark.parametrize("cursor", ["x", "W10", "WzAsbnVsbCxudWxsXQ", "!!!!"])
def test_a_made_up_cursor_is_refused(v2, cursor):
    answer = v2.get("notes/", {"cursor": cursor})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cursor"])


def test_the_checks_for_production_find_nothing(settings):
    settings.DEBUG = False
    settings.SECRET_KEY = secrets.token_urlsafe(64)

    call_command("check", "--deploy", "--fail-level", "WARNING")
