"""Small rules: errors, rates, preferences, contexts, envelopes, routes."""

import threading
import uuid
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import exceptions as drf

from shared import context, errors, tracing
from shared.auth.permissions import IsOwnerOrReadOnly, IsStaffOrReadOnly
from shared.auth.principal import Principal
from shared.events import registry
from shared.http import prefer
from shared.http.errors import STATUSES, flatten, status_of
from shared.http.renderers import JSONRenderer
from shared.http.renderers import dumps as json_dumps
from shared.http.throttles.rates import Rate
from shared.http.urls import route
from shared.http.views import ApiView


def test_an_error_speaks_for_its_first_field():
    error = errors.InvalidInput.of({"age": ["Too young.", "Too small."], "name": ["Too long."]})

    assert (error.message, error.code) == ("age: Too young.", "validation_error")
    assert error.details == {"age": ["Too young.", "Too small."], "name": ["Too long."]}


def test_every_kind_of_error_has_a_status_and_an_unknown_one_is_a_defect():
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.AppError)}

    assert {kind: status_of(kind()) for kind in kinds if status_of(kind()) == 500} == {errors.AppError: 500}
    assert status_of(errors.TokenNotValid()) == 401
    assert len(set(STATUSES)) == 11


def test_nested_details_are_flattened_in_order():
    detail = drf.ValidationError({"items": [{}, {"quantity": ["Too small."]}], "name": "Missing."}).detail

    assert flatten(detail) == {"items.1.quantity": ["Too small."], "name": ["Missing."]}
    assert flatten(drf.ValidationError("No.").detail) == {"non_field_errors": ["No."]}


@pytest.mark.parametrize(("text", "rate"), [("5/min", Rate(5, 60)), ("100/h", Rate(100, 3600)), ("1/s", Rate(1, 1))])
def test_a_rate_is_read(text, rate):
    assert Rate.parse(text) == rate


@pytest.mark.parametrize("text", ["", "5", "0/min", "5/week", "-1/s", "5/min ", "x/min"])
def test_a_wrong_rate_says_how_to_write_one(text):
    with pytest.raises(ValueError, match="write for example 5/min"):
        Rate.parse(text)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *[("wait=5", 5), ("respond-async, wait=7", 7), ("WAIT = 3", 3), ("wait=999", 30), ("wait=0", 0)],
        *[("", None), ("wait", None), ("wait=x", None), ("await=5", None), ("wait=-1", None)],
    ],
)
def test_the_preference_to_wait_is_read(header, seconds):
    assert prefer.wait_seconds(SimpleNamespace(headers={"Prefer": header})) == seconds


@pytest.fixture
def one_place():
    """Let one client wait in this process."""
    prefer.open_room(prefer.Room(places=1))
    yield
    prefer.open_room(prefer.Room(places=4))


def _inside(monkeypatch, act):
    """Return what `act` returns while a client waits, who is told nothing."""
    seen = []
    monkeypatch.setattr(prefer.hints, "wait_for", lambda *_, **__: seen.append(act()))
    assert prefer.wait("c", lambda: None, 30) == prefer.Waited(found=None, honoured=True)
    return seen[0]


def test_who_finds_no_place_to_wait_is_answered_at_once(monkeypatch, one_place):
    waited = _inside(monkeypatch, lambda: prefer.wait("c", lambda: "looked once", 30))

    assert waited == prefer.Waited(found="looked once", honoured=False)


def test_a_place_is_free_again_after_a_wait_that_failed(monkeypatch, one_place):
    def fails(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(prefer.hints, "wait_for", fails)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            prefer.wait("c", lambda: None, 30)


@pytest.mark.parametrize(
    ("found", "honoured", "headers"),
    [
        (None, True, {"Preference-Applied": "wait=9"}),
        ("it", True, {"Preference-Applied": "wait=9"}),
        ("it", False, {"Preference-Applied": "wait=9"}),
    ],
)
def test_only_who_waited_is_told_so(found, honoured, headers):
    response = {}

    prefer.tell(response, prefer.Waited(found=found, honoured=honoured), 9)

    assert response == headers


def test_who_did_not_wait_comes_again_after_some_seconds_and_not_with_all_others():
    told = set()

    for _ in range(200):
        response = {}
        prefer.tell(response, prefer.Waited(found=None, honoured=False), 9)
        assert list(response) == ["Retry-After"]
        told.add(int(response["Retry-After"]))

    assert told == {2, 3, 4, 5, 6}


def test_who_waits_leaves_the_work_to_others(monkeypatch):
    """With room for one at work: while one waits another works, and the answer is work again."""
    prefer.open_room(prefer.Room(places=2, working=1))
    steps, rests, done = [], threading.Event(), threading.Event()

    def waits(_channel, read, _seconds, *, words, going):
        assert not words
        assert going()
        rests.set()
        assert done.wait(60)
        steps.append("looks")
        return read()

    monkeypatch.setattr(prefer.hints, "wait_for", waits)

    def first(_environ, _start):
        steps.append(prefer.wait("c", lambda: "found", 30).found)
        return [b"first"]

    def second(_environ, _start):
        steps.append("second")
        return [b"second"]

    threads = [
        threading.Thread(target=prefer.turnstile(each), args=({}, None), daemon=True) for each in (first, second)
    ]
    threads[0].start()
    assert rests.wait(60)
    threads[1].start()
    threads[1].join(60)
    assert steps == ["second"]
    with prefer._room.work():
        done.set()
        threads[0].join(0.2)
        assert threads[0].is_alive()
    threads[0].join(60)
    prefer.open_room(prefer.Room(places=4))

    assert steps == ["second", "looks", "found"]


def test_a_process_that_ends_lets_nobody_believe_to_have_waited(monkeypatch):
    monkeypatch.setattr(prefer.hints, "wait_for", lambda *_, **__: None)
    prefer.open_room(prefer.Room(places=1, going=lambda: False))

    waited = prefer.wait("c", lambda: None, 30)
    prefer.open_room(prefer.Room(places=4))

    assert waited == prefer.Waited(found=None, honoured=False)


def test_bound_ids_are_put_back():
    with context.bound(request_id="outer-id"):
        with context.bound(request_id="inner-id", user_id="u"):
            assert context.current() == {"request_id": "inner-id", "user_id": "u"}
        assert context.current() == {"request_id": "outer-id"}
    assert context.current() == {}


def test_a_trace_goes_on_from_its_parent():
    with tracing.span("child", parent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        assert tracing.trace_id() == "0af7651916cd43dd8448eb211c80319c"
        assert tracing.traceparent().startswith("00-0af7651916cd43dd8448eb211c80319c-")
    assert (tracing.trace_id(), tracing.traceparent()) == ("", "")


@given(st.decimals(min_value="0.01", max_value="999999999999.99", places=2))
def test_money_is_rendered_with_two_digits(amount):
    assert json_dumps({"amount": amount}) == f'{{"amount":"{amount:.2f}"}}'.encode()


def test_what_has_no_json_form_is_a_defect():
    assert JSONRenderer().render({"a": {2, 1}, "b": Decimal(1)}) == b'{"a":[1,2],"b":"1.00"}'
    assert JSONRenderer().render(None) == b""
    with pytest.raises(TypeError):
        json_dumps({"a": object()})


def test_a_route_must_end_in_a_slash():
    with pytest.raises(ValueError, match="must end in a slash"):
        route("orders", ApiView)


def test_an_event_has_one_handler(effects):
    from conftest import Greeted

    with pytest.raises(ValueError, match="already has the handler on_greeted"):
        registry.handles(Greeted)(print)
    assert "shared.greeted.v1" in registry.handled_types()


@pytest.mark.parametrize(
    ("permission", "method", "user", "allowed"),
    [
        (IsStaffOrReadOnly, "GET", None, True),
        (IsStaffOrReadOnly, "POST", None, False),
        (IsStaffOrReadOnly, "POST", Principal(id=uuid.uuid4(), session_id=uuid.uuid4()), False),
        (
            IsStaffOrReadOnly,
            "POST",
            Principal(id=uuid.uuid4(), session_id=uuid.uuid4(), roles=frozenset({"staff"})),
            True,
        ),
        (IsOwnerOrReadOnly, "GET", None, False),
        (IsOwnerOrReadOnly, "GET", Principal(id=uuid.uuid4(), session_id=uuid.uuid4()), True),
    ],
)
def test_permissions_decide_by_method_and_role(permission, method, user, allowed):
    assert permission().has_permission(SimpleNamespace(method=method, user=user), None) is allowed


def test_only_the_owner_may_write_a_thing():
    owner, other = (
        Principal(id=uuid.uuid4(), session_id=uuid.uuid4()),
        Principal(id=uuid.uuid4(), session_id=uuid.uuid4()),
    )
    thing = SimpleNamespace(user_id=owner.id)

    def may(method, user):
        return IsOwnerOrReadOnly().has_object_permission(SimpleNamespace(method=method, user=user), None, thing)

    assert (may("GET", other), may("PATCH", owner), may("PATCH", other)) == (True, True, False)
