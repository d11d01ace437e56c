"""The whole table of users, walked by a client through the gateway, in both versions."""

import csv
import io
import uuid

import pytest
from shop import PASSWORD, Caller, eventually

NEW = "Another-horse-8-battery"


@pytest.fixture(params=["v1", "v2"])
def version(request) -> str:
    return request.param


@pytest.fixture
def speak(shop, version):
    """Return a function that sends a request in the version and returns status and unwrapped body."""

    def ask(method, path, body=None, *, who=None, expected=200, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if who:
            named["Authorization"] = f"Bearer {who}"
        answer = shop.http.request(method, f"/api/{version}/{path}", json=body, headers=named)
        assert answer.status_code == expected, (path, answer.text)
        assert answer.headers["x-request-id"]
        assert ("deprecation" in answer.headers) == (version == "v1")
        if answer.status_code >= 400 or not answer.content or "json" not in answer.headers["content-type"]:
            return answer
        told = answer.json()
        return told["data"] if version == "v1" and "data" in told else told

    return ask


@pytest.fixture
def rows(version):
    """Return the rows of a list in the version."""
    return lambda told: told["results"] if version == "v1" else (told if isinstance(told, list) else told["data"])


def key() -> str:
    return str(uuid.uuid4())


def test_a_life_in_the_shop(shop, speak, rows, mailbox, version):
    address = f"ada-{uuid.uuid4()}@example.com"
    person = {
        "email": address.upper(),
        "username": "Ada",
        "password": PASSWORD,
        "password_confirm": PASSWORD,
        "age": 36,
    }

    made = speak("POST", "users/", person, expected=201)
    assert (made["username"], made["age"], made["is_verified"], made["user_type"]) == ("Ada", 36, False, "regular")
    assert speak("POST", "users/", {**person, "email": address}, expected=400).status_code == 400
    speak("POST", "auth/verify-email/", {"token": mailbox.token(made["email"], "Please confirm your e-mail address")})
    assert "Welcome to Plaza" in mailbox.subjects(made["email"])

    session = speak("POST", "auth/login/", {"email": address, "password": PASSWORD})
    assert (session["token_type"], session["expires_in"], session["user"]["is_verified"]) == ("Bearer", 900, True)
    token = session["access"]

    changed = speak("PATCH", "users/me/", {"bio": "Counts.", "phone_number": "+441632960961"}, who=token)
    assert (changed["bio"], changed["phone_number"]) == ("Counts.", "+441632960961")
    assert speak("GET", "users/me/", who=token)["phone_number"] == "+441632960961"

    money = {"user_id": made["id"], "amount": "50.00", "reference": "gift"}
    speak("POST", "wallet/deposits/", money, who=shop.staff.token, expected=201, idempotency_key=key())
    friend = speak("POST", "users/", {**person, "email": f"eve-{uuid.uuid4()}@example.com"}, expected=201)["id"]
    move = {"to": friend, "amount": "12.50"}
    moved = speak("POST", "wallet/transfers/", move, who=token, expected=201, idempotency_key=key())
    assert (moved["amount"], moved["balance"], moved["to"]) == ("12.50", "37.50", friend)
    refused = speak(
        "POST", "wallet/transfers/", {**move, "amount": "99"}, who=token, expected=400, idempotency_key=key()
    )
    assert "insufficient_funds" in refused.text
    assert speak("GET", "wallet/", who=token)["balance"] == "37.50"
    entries = rows(speak("GET", "wallet/entries/", who=token))
    assert [(entry["kind"], entry["amount"]) for entry in entries] == [("transfer", "-12.50"), ("deposit", "50.00")]

    renewed = speak("POST", "auth/refresh/", {"refresh": session["refresh"]})
    speak("POST", "auth/logout/", {"refresh": renewed["refresh"]}, who=renewed["access"], expected=204)
    speak("POST", "auth/refresh/", {"refresh": renewed["refresh"]}, expected=401)

    token = speak("POST", "auth/login/", {"email": address, "password": PASSWORD})["access"]
    change = {"current_password": PASSWORD, "new_password": NEW, "new_password_confirm": NEW}
    speak("POST", "auth/password/change/", change, who=token, expected=204)
    speak("POST", "auth/login/", {"email": address, "password": PASSWORD}, expected=401)

    speak("POST", "auth/password/reset/", {"email": address}, expected=202)
    speak("POST", "auth/password/reset/", {"email": f"nobody-{uuid.uuid4()}@example.com"}, expected=202)
    confirm = {
        "token": mailbox.token(made["email"], "Set a new password"),
        "new_password": PASSWORD,
        "new_password_confirm": PASSWORD,
    }
    speak("POST", "auth/password/reset/confirm/", confirm, expected=204)
    speak("POST", "auth/password/reset/confirm/", confirm, expected=400)

    token = speak("POST", "auth/login/", {"email": address, "password": PASSWORD})["access"]
    speak("DELETE", "users/me/", who=token, expected=204)
    speak("POST", "auth/login/", {"email": address, "password": PASSWORD}, expected=401)
    erased = speak("GET", f"users/{made['id']}/", who=shop.staff.token)
    assert (erased["email"], erased["username"], erased["phone_number"]) == (f"{made['id']}@erased.invalid", "", None)


def test_what_staff_does(shop, speak, rows, version):
    staff = shop.staff.token
    word = uuid.uuid4().hex
    people = [{"email": f"{word}-{number}@example.com", "username": f"P{number}"} for number in range(5)]

    job = speak("POST", "users/bulk/", {"users": [*people, people[0]]}, who=staff, expected=202)
    done = eventually(lambda: (told := speak("GET", f"jobs/{job['id']}/", who=staff))["status"] == "done" and told)
    assert (done["created"], done["failed"], [row["status"] for row in done["results"]]) == (
        5,
        1,
        ["created"] * 5 + ["failed"],
    )

    listed = rows(speak("GET", f"users/?email={word}&ordering=-email", who=staff))
    assert [row["username"] for row in listed] == ["P4", "P3", "P2", "P1", "P0"]
    one = listed[0]["id"]
    premium = speak("PATCH", f"users/{one}/", {"user_type": "premium"}, who=staff, expected=400)
    assert "phone_number" in premium.text
    both = {"user_type": "premium", "phone_number": "15551234567"}
    assert speak("PATCH", f"users/{one}/", both, who=staff)["user_type"] == "premium"
    assert [row["id"] for row in rows(speak("GET", f"users/?email={word}&phone_number=15551234567", who=staff))] == [
        one
    ]
    assert speak("PATCH", f"users/{one}/", {"is_active": False}, who=staff)["is_active"] is False

    table = list(
        csv.DictReader(io.StringIO(speak("GET", f"users/export/?email={word}&ordering=email", who=staff).text))
    )
    assert [(row["username"], row["is_active"]) for row in table] == [
        (f"P{n}", "false" if n == 4 else "true") for n in range(5)
    ]
    counted = speak("GET", "users/statistics/", who=staff)
    assert counted["new_24h"] >= 5
    assert counted["total"] >= counted["new_24h"]


@pytest.mark.parametrize(
    "query", ["ordering=password", "colour=red", "created_after=yesterday", "is_active=maybe", "email=", "cursor=x"]
)
def test_a_list_refuses_what_it_does_not_understand(shop, query):
    answer = shop.staff.call("GET", f"users/?{query}")

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [query.partition("=")[0]]


def test_a_stale_version_is_not_overwritten(shopper):
    customer = shopper("1.00")
    first = customer.call("GET", "users/me/")
    fresh = customer.call("PATCH", "users/me/", {"bio": "one"}, if_match=first.headers["etag"])

    stale = customer.call("PATCH", "users/me/", {"bio": "two"}, if_match=first.headers["etag"])

    assert (fresh.status_code, stale.status_code, stale.json()["code"]) == (200, 412, "precondition_failed")
    assert customer.get("users/me/")["bio"] == "one"
    assert customer.call("GET", "users/me/", if_none_match=fresh.headers["etag"]).status_code == 304
    assert customer.call("PATCH", "users/me/", {"bio": "three"}, version="v1", if_match="stale").status_code == 200


@pytest.mark.parametrize("end", ["logout", "password", "deactivation"])
def test_an_ended_session_is_refused_by_every_service(shop, shopper, end):
    customer = shopper("1.00")
    address = customer.get("users/me/")["email"]
    session = shop.http.post("/api/v2/auth/login/", json={"email": address, "password": PASSWORD}).json()
    ended = Caller(shop.http, session["access"], session["user"])
    probes = {"users": ("GET", "wallet/"), "orders": ("GET", "orders/"), "catalog": ("DELETE", "categories/none/")}
    assert {name: ended.call(*probe).status_code for name, probe in probes.items()} == {
        "users": 200,
        "orders": 200,
        "catalog": 403,
    }

    if end == "logout":
        ended.call("POST", "auth/logout/", {"refresh": session["refresh"]})
    elif end == "password":
        change = {"current_password": PASSWORD, "new_password": NEW, "new_password_confirm": NEW}
        ended.call("POST", "auth/password/change/", change)
    else:
        shop.staff.call("PATCH", f"users/{session['user']['id']}/", {"is_active": False})

    for method, path in probes.values():
        eventually(lambda method=method, path=path: ended.call(method, path).status_code == 401)
    # Another session of the same user lives on after a logout, and only then.
    assert customer.call("GET", "orders/").status_code == (200 if end == "logout" else 401)


@pytest.mark.parametrize("service", ["users", "catalog", "orders"])
def test_each_service_shows_its_pages_through_the_gateway(shop, service):
    document = shop.http.get(f"/{service}/openapi.json").json()
    pages = {page: shop.http.get(f"/{service}/{page}/") for page in ("docs", "redoc")}

    assert document["openapi"] == "3.1.0"
    assert all(path.startswith(("/api/v1/", "/api/v2/", "/.well-known/")) for path in document["paths"])
    for page, answer in pages.items():
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        for address in [part.split('"')[0] for part in answer.text.split('"assets/')[1:]]:
            assert shop.http.get(f"/{service}/{page}/assets/{address}").status_code == 200
        assert "//" not in answer.text.replace("<!doctype", "")
