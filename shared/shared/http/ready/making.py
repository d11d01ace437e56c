"""Making an answer without Django: the body by a function of the service, all around it as Django gave it before.

Whoever is first to ask for a kind of answer is answered by Django, whose headers dress the later ones of that kind.
When one cannot be made, because there is no such thing or no database, Django says so.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection
from django.http import QueryDict

from shared import context
from shared.http import dialects, tags
from shared.http.asked import Asked
from shared.http.ready import keeping
from shared.http.ready.answers import Answer
from shared.http.ready.generation import Present
from shared.http.ready.questions import Request

Make = Callable[..., bytes]


@dataclass(frozen=True, slots=True)
class _Kind:
    """Answers that differ in their body, its tag and their version's headers only."""

    dress: str
    version: str
    make: Make


@dataclass(frozen=True, slots=True)
class _Model:
    """What Django gave to the first of a kind, and the seconds for which it may be kept."""

    answer: Answer
    seconds: float


class Makers:
    """What a service makes itself.

    Args:
        made: by pattern of a path with its `version`, what returns the body that everybody but staff is shown. It is
            called with what is asked and the pattern's other groups, and raises what Django is to answer.
    """

    def __init__(self, made: Mapping[str, Make]) -> None:
        self._made = [(re.compile(pattern), make) for pattern, make in made.items()]
        self._models: dict[_Kind, _Model] = {}

    def learn(self, request: Request, answer: Answer) -> None:
        """Keep Django's answer as the model of its kind."""
        kind, _ = self._kind_of(request)
        if kind is not None:
            self._models[kind] = _Model(answer, request.environ[keeping.SECONDS])

    def of(self, request: Request) -> Callable[[Present], Answer | None] | None:
        """Return what makes a request's answer, as of a generation that was read before; None when only Django can.

        It returns None when Django is to say why there is no such answer.
        """
        kind, groups = self._kind_of(request)
        model = self._models.get(kind) if kind is not None else None
        return None if kind is None or model is None else partial(_answer, request, kind, groups, model)

    def _kind_of(self, request: Request) -> tuple[_Kind | None, dict[str, str]]:
        """Return the kind of answer that is asked for, if it is made here, and what the path says besides."""
        for pattern, make in self._made:
            if found := pattern.match(request.environ["PATH_INFO"]):
                groups = found.groupdict()
                return _Kind(request.key.partition(" /")[0], groups.pop("version"), make), groups
        return None, {}


def _answer(request: Request, kind: _Kind, groups: Mapping[str, str], model: _Model, present: Present) -> Answer | None:
    """Return an answer, or None when its body could not be made."""
    path, query = request.environ["PATH_INFO"], request.environ.get("QUERY_STRING", "")
    dialect = dialects.DIALECTS[kind.version]
    body = _body(request, lambda: kind.make(Asked(dialect, path, QueryDict(query)), **groups))
    return None if body is None else _dressed(model, body, dialect.headers(path), present)


def _body(request: Request, make: Callable[[], bytes]) -> bytes | None:
    """Return a body; None when it could not be made."""
    user = str(request.principal.id) if request.principal else ""
    connection.close_if_unusable_or_obsolete()
    try:
        with context.bound(request_id=request.id, user_id=user):
            return make()
    except Exception:  # noqa: BLE001 (Django meets the same, and answers it)
        return None
    finally:
        connection.close_if_unusable_or_obsolete()


def _dressed(model: _Model, body: bytes, headers: Mapping[str, str], present: Present) -> Answer:
    """Return a body with what Django put around another of its kind."""
    tag = tags.tag_of(body) if model.answer.tag else ""
    own: dict[str, Any] = {"etag": tag, **{name.lower(): value for name, value in headers.items()}}
    return Answer(
        generation=present.generation,
        until=present.asked_at + model.seconds,
        route=model.answer.route,
        headers=[(name, own.get(name.lower(), value)) for name, value in model.answer.headers],
        media_type=model.answer.media_type,
        tag=tag,
        body=body,
    )
