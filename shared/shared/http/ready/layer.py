"""The WSGI layer in front of Django: gives what is ready, and keeps what Django answers to the rest.

It answers nothing of its own: what is not surely the same as Django's answer goes through to Django.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django.db import connection

from shared import metrics
from shared.auth.principal import Principal
from shared.http import access
from shared.http.ready import distant, generation, keeping, questions, sending
from shared.http.ready.answers import Answer, Answers, Headers
from shared.http.ready.flights import Flights
from shared.http.ready.generation import Present
from shared.http.ready.making import Make, Makers
from shared.http.ready.questions import Request
from shared.http.throttles import caller

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]

_ROOM = 16 * 1024 * 1024  # bytes of answers in each process
_ROUNDS = 2  # of waiting for another's answer; after these everybody asks Django
_LATELY = 1.0  # seconds after its time, in which an answer that is asked for again is worth sharing among processes
_GIVEN_ANEW = frozenset({"x-request-id", "ratelimit", "ratelimit-policy"})
_OF_BODY = frozenset({"content-type", "content-length"})

_HITS = metrics.CACHE_REQUESTS.labels("hit")

kept = Answers(_ROOM)


class ReadyAnswers:
    """The application that is faster than the one inside, and otherwise the same.

    Args:
        api: Django's application.
        paths: pattern of the paths whose views are `keeping.kept`.
        made: what is made without Django, as `making.Makers` takes it.
    """

    def __init__(self, api: Application, paths: str, made: Mapping[str, Make] = MappingProxyType({})) -> None:
        self._api = api
        self._paths = re.compile(paths)
        self._flights = Flights()
        self._makers = Makers(made)

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer a request."""
        if not self._paths.match(environ["PATH_INFO"]) or environ["REQUEST_METHOD"] not in questions.READS:
            return self._api(environ, start)
        started = time.perf_counter()
        key = questions.key_of(environ)
        good, principal = _principal(environ)
        if key is None or not good or (principal is not None and principal.is_staff):
            return self._passed("bypass", environ, start)
        return self._answered(Request(environ, key, principal, access.request_id_of(environ), started), start)

    def at_once(self, environ: Environ) -> tuple[str, Headers, bytes] | None:
        """Return what is ready for a request when nobody has to be asked for it, neither a store nor another thread.

        Args:
            environ: the WSGI environment.

        Returns:
            Status line, headers and body; None for the rest, and nothing has happened.
        """
        if not self._paths.match(environ["PATH_INFO"]) or environ["REQUEST_METHOD"] not in questions.READS:
            return None
        started = time.perf_counter()
        key, present = questions.key_of(environ), generation.at_hand()
        known, principal = questions.principal_at_hand(environ)
        if key is None or present is None or not known or caller.buckets_of(principal, environ):
            return None
        answer = kept.get(key)
        if answer is None or not answer.holds(present.generation, time.monotonic()):
            return None
        _HITS.inc()
        return sending.given(Request(environ, key, principal, access.request_id_of(environ), started), answer)

    def _answered(self, request: Request, start: Start) -> Iterable[bytes]:
        """Give what is ready; else be the one that has it made, or wait for that one."""
        for _ in range(_ROUNDS):
            present = generation.current()
            if present is None:
                return self._passed("fault", request.environ, start)
            answer, now = kept.get(request.key), time.monotonic()
            if answer is not None and answer.holds(present.generation, now):
                levels = sending.charge(request)
                if levels is None:
                    return self._api(request.environ, start)
                _HITS.inc()
                return sending.send(request, answer, levels, start)
            with self._flights.turn(request.key) as mine:
                again = answer is not None and now < answer.until + _LATELY
                if mine and not (again and _fetched(request.key, present)):
                    metrics.CACHE_REQUESTS.labels("miss" if answer is None else "stale").inc()
                    return self._made(request, present, start, again=again)
        return self._passed("miss", request.environ, start)

    def _passed(self, outcome: str, environ: Environ, start: Start) -> Iterable[bytes]:
        """Let Django answer."""
        metrics.CACHE_REQUESTS.labels(outcome).inc()
        return self._api(environ, start)

    def _made(self, request: Request, present: Present, start: Start, *, again: bool) -> Iterable[bytes]:
        """Make an answer, or let Django do it; one that is asked for again is given to the other processes too.

        The generation was read before the answer's rows: they are as new as it, or newer.
        """
        make = self._makers.of(request)
        levels = sending.charge(request) if make else None
        if make is None or levels is None:
            return self._asked(request, present, start, again=again)
        answer = make(present)
        if answer is None:
            request.environ[caller.CHARGED] = levels
            return self._asked(request, present, start, again=again)
        _keep(request.key, answer, present, again=again)
        return sending.send(request, answer, levels, start)

    def _asked(self, request: Request, present: Present, start: Start, *, again: bool) -> Iterable[bytes]:
        """Let Django answer, and keep that if the view allows it."""
        heard: list[Any] = []
        body = self._api(request.environ, lambda *said: heard.extend(said))
        status, headers = heard[:2]
        if keeping.SECONDS in request.environ and status[:3] in {"200", "304"}:
            body = _whole(body)
            answer = _answer(request.environ, headers, body[0], present)
            self._makers.learn(request, answer)
            _keep(request.key, answer, present, again=again)
        elif again:
            distant.release(request.key, present)
        start(*heard)
        return body


def _fetched(key: str, present: Present) -> bool:
    """Return whether another process has made the answer, which this one keeps now too."""
    answer = distant.find(key, present)
    if answer is not None:
        kept.put(key, answer)
    return answer is not None


def _keep(key: str, answer: Answer, present: Present, *, again: bool) -> None:
    """Keep an answer for this process, and for the others when it is asked for again and again."""
    kept.put(key, answer)
    if again:
        distant.keep(key, answer, present)


def forget() -> None:
    """Keep nothing and ask for the generation anew; for tests."""
    kept.clear()
    generation.forget()
    distant.forget_connection()


def _principal(environ: Environ) -> tuple[bool, Principal | None]:
    """Return whether the asker may be answered here, and who it is; what is wrong with a token Django will say."""
    if "HTTP_AUTHORIZATION" not in environ:
        return True, None
    try:
        return True, questions.principal_of(environ)
    except Exception:  # noqa: BLE001 (Django meets the same, and answers it)
        return False, None
    finally:
        connection.close_if_unusable_or_obsolete()  # revocations are read once a second


def _whole(body: Iterable[bytes]) -> list[bytes]:
    """Return an answer's body in one piece, and let Django finish the request."""
    try:
        return [b"".join(body)]
    finally:
        if hasattr(body, "close"):
            body.close()


def _answer(environ: Environ, headers: Headers, body: bytes, present: Present) -> Answer:
    """Return what Django said without what belongs to this one request."""
    left_out = _GIVEN_ANEW | _OF_BODY | ({"cache-control"} if "HTTP_AUTHORIZATION" in environ else set())
    own = {name.lower(): value for name, value in headers}
    return Answer(
        generation=present.generation,
        until=present.asked_at + environ[keeping.SECONDS],
        route=environ[keeping.ROUTE],
        headers=[(name, value) for name, value in headers if name.lower() not in left_out],
        media_type=own.get("content-type", "application/json"),
        tag=own.get("etag", ""),
        body=environ.get(keeping.UNSENT, body),
    )
