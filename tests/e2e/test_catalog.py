"""The whole table of catalog, walked by a client through the gateway, in both versions."""

import csv
import io
import uuid

import pytest
from shop import eventually


@pytest.fixture(params=["v1", "v2"])
def version(request) -> str:
    return request.param


@pytest.fixture
def speak(shop, version):
    """Return a function that sends a request as staff in the version and returns the unwrapped body or the answer."""

    def ask(method, path, body=None, *, expected=200, **headers):
        answer = shop.staff.call(method, path, body, version=version, **headers)
        assert answer.status_code == expected, (path, answer.text)
        assert ("deprecation" in answer.headers) == (version == "v1")
        if answer.status_code >= 400 or not answer.content or "json" not in answer.headers["content-type"]:
            return answer
        told = answer.json()
        return told["data"] if version == "v1" and "data" in told else told

    return ask


@pytest.fixture
def rows(version):
    """Return the rows of a list in the version."""
    return lambda told: told["results"] if version == "v1" else told["data"]


@pytest.fixture
def word() -> str:
    """A word that no other test uses."""
    return "".join(chr(ord("a") + int(digit, 16)) for digit in uuid.uuid4().hex[:12])


def table(answer) -> list[dict[str, str]]:
    """Return the rows of a CSV answer."""
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_tree_of_categories(shop, speak, word):
    speak("POST", "categories/", {"name": word.title()}, expected=201)
    below = speak("POST", "categories/", {"name": "Cups", "slug": f"{word}-cups", "parent": word}, expected=201)
    assert (below["slug"], below["parent"]) == (f"{word}-cups", word)

    assert speak("PATCH", f"categories/{word}-cups/", {"name": "Mugs"})["name"] == "Mugs"
    assert speak("GET", f"categories/{word}-cups/")["name"] == "Mugs"
    assert speak("DELETE", f"categories/{word}/", expected=409).status_code == 409
    speak("DELETE", f"categories/{word}-cups/", expected=204)
    speak("DELETE", f"categories/{word}/", expected=204)
    speak("GET", f"categories/{word}/", expected=404)


def test_a_product_is_made_found_changed_and_taken_off_sale(shop, speak, rows, word, version):
    speak("POST", "categories/", {"name": word}, expected=201)
    body = {"sku": word.upper(), "name": f"Red {word} mug", "price": "2.50", "category": word, "description": "Tea."}

    made = speak("POST", "products/", body, expected=201)
    assert (made["slug"], made["available"], made["in_stock"]) == (f"red-{word}-mug", 0, False)
    assert "sku_taken" in speak("POST", "products/", body, expected=409).text
    assert speak("PATCH", f"products/{made['id']}/stock/", {"on_hand": 5})["available"] == 5
    assert speak("PATCH", f"products/{made['slug']}/stock/", {"delta": -2})["available"] == 3
    speak("PATCH", f"products/{made['id']}/stock/", {"delta": -4}, expected=400)

    misspelt = word[:5] + word[6:]
    for query in (f"search={word}", f"search={misspelt}", f"category={word}&in_stock=true&max_price=2.50"):
        assert [row["id"] for row in rows(speak("GET", f"products/?{query}"))] == [made["id"]], query
    assert rows(speak("GET", f"products/?category={word}&min_price=2.51")) == []
    assert rows(speak("GET", f"products/?category={word}&in_stock=false")) == []

    changed = speak("PATCH", f"products/{made['id']}/", {"price": "3.00"})
    assert speak("GET", f"products/{made['slug']}/")["price"] == changed["price"] == "3.00"
    whole = speak("PUT", f"products/{made['id']}/", {"sku": body["sku"], "name": "Plain", "price": "4.00"})
    assert (whole["name"], whole["description"], whole["category"], whole["slug"]) == ("Plain", "", None, made["slug"])

    speak("DELETE", f"products/{made['id']}/", expected=204)
    assert shop.http.get(f"/api/{version}/products/{made['id']}/").status_code == 404
    assert speak("GET", f"products/{made['id']}/")["is_active"] is False


def test_a_stale_version_is_not_overwritten(shop, word):
    made = shop.staff.call("POST", "products/", {"sku": word, "name": word, "price": "1.00"}).json()
    path = f"products/{made['id']}/"
    seen = shop.staff.call("GET", path).headers["etag"]

    fresh = shop.staff.call("PATCH", path, {"price": "2.00"}, if_match=seen)
    stale = shop.staff.call("PATCH", path, {"price": "3.00"}, if_match=seen)

    assert (fresh.status_code, stale.status_code, stale.json()["code"]) == (200, 412, "precondition_failed")
    assert shop.staff.get(path)["price"] == "2.00"
    assert shop.staff.call("GET", path, if_none_match=fresh.headers["etag"]).status_code == 304
    assert shop.staff.call("DELETE", path, if_match=seen).status_code == 412


def test_an_import_with_a_bad_row_its_report_and_the_export(shop, speak, word, version):
    lines = [
        "sku,name,price,category,on_hand",
        f"{word}-1,=1+1,1.50,{word},7",
        f"{word}-2,,2.00,{word},1",
        f"{word}-3,Cup,3.00,{word},0",
    ]
    sent = shop.http.post(
        f"/api/{version}/products/import/",
        files={"file": ("../../products.csv", "\n".join(lines).encode(), "text/csv")},
        headers={"Authorization": f"Bearer {shop.staff.token}", "Idempotency-Key": str(uuid.uuid4())},
    )
    assert sent.status_code == 202, sent.text
    place = sent.headers["location"].removeprefix(f"/api/{version}/")

    job = eventually(lambda: (told := speak("GET", place))["finished_at"] and told)
    assert (job["status"], job["processed"], job["created"], job["failed"], job["percent"]) == (
        "completed", 3, 2, 1, 100.0,
    )  # fmt: skip
    wrong = {"line": "3", "sku": f"{word}-2", "field": "name", "message": "must not be empty."}
    assert table(speak("GET", f"{place}errors/")) == [wrong]
    speak("POST", f"{place}retry/", expected=409)

    found = table(speak("GET", f"products/export/?category={word}&ordering=price"))
    assert [(row["sku"], row["name"], row["price"], row["category"], row["available"]) for row in found] == [
        (f"{word}-1", "'=1+1", "1.50", word, "7"),
        (f"{word}-3", "Cup", "3.00", word, "0"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("archive", b"PK\x03\x04\x14\x00", "ZIP archive"),
        ("latin-1", b"sku,name,price\nA,M\xfcg,1\n", "line 2"),
        ("header", b"sku,name\n", "'price' is missing"),
    ],
)
def test_a_file_that_is_none_is_refused(shop, name, content, told):
    answer = shop.http.post(
        "/api/v2/products/import/",
        files={"file": (name, content, "text/csv")},
        headers={"Authorization": f"Bearer {shop.staff.token}"},
    )

    assert answer.status_code == 400
    assert told in answer.json()["errors"]["file"][0]


@pytest.mark.parametrize(
    "query", ["ordering=sku", "colour=red", "created_after=yesterday", "in_stock=maybe", "min_price=cheap", "cursor=x"]
)
def test_a_list_refuses_what_it_does_not_understand(shop, query):
    answer = shop.http.get(f"/api/v2/products/?{query}")

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [query.partition("=")[0]]
