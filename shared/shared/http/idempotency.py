"""Idempotency-Key: the key, the effect and the stored answer commit together.

The same key and request replays the stored answer byte for byte; with another request it is refused (422); while the
first attempt runs, others get 409. An attempt that ends in 5xx, 409 or 429 rolls back and so frees the key.

A key belongs to the user, and where nobody is known (registration) to the client's address: another client's key is
another key, and behind one address the body must be the same too.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet
from django.db import transaction
from django.http import HttpResponse
from django.utils.crypto import salted_hmac
from rest_framework.request import Request

from shared.auth.principal import Principal
from shared.db import prepared
from shared.errors import Conflict, InvalidInput, KeyReused
from shared.http import stored_answers
from shared.http.middleware import client_address
from shared.http.stored_answers import Answer
from shared.http.throttles import clients

HEADER = "Idempotency-Key"
_KEPT_HEADERS = ("Content-Type", "Location", "ETag", "Preference-Applied")
_KEY = re.compile(r"[\x21-\x7e]{1,200}\Z")

View = Callable[..., HttpResponse]
Digest = Callable[[Request], bytes]


class InProgress(Conflict):
    """The first attempt with this key has not ended."""

    code = "idempotency_in_progress"
    message = "A request with this Idempotency-Key is still running."


class KeyRequired(InvalidInput):
    """The operation is only safe to repeat with a key."""

    message = "Idempotency-Key: This header is required here, so that a retry cannot do it twice."


def body_digest(request: Request) -> bytes:
    """Return a digest of the request's raw body."""
    return hashlib.sha256(request._request.body).digest()  # noqa: SLF001 (the Django request inside)


def idempotent(
    *, required: bool = False, private: bool = False, digest: Digest = body_digest
) -> Callable[[View], View]:
    """Make a view method safe to repeat under the caller's Idempotency-Key.

    Args:
        required: refuse requests without a key.
        private: the answer shows personal data, so it is stored encrypted.
        digest: what makes two requests the same, besides method and path.
    """

    def decorate(method: View) -> View:
        @wraps(method)
        def answered(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            key = request.headers.get(HEADER)
            if key is None and not required:
                return method(view, request, *args, **kwargs)
            _check(key)
            act = partial(method, view, request, *args, **kwargs)
            return _once(view, request, str(key), digest(request), act, private=private)

        answered.is_idempotent = True  # type: ignore[attr-defined]
        return answered

    return decorate


def _check(key: str | None) -> None:
    """Refuse a missing or malformed key."""
    if key is None:
        raise KeyRequired(details={HEADER: ["This header is required here."]})
    if not _KEY.match(key):
        raise InvalidInput.of({HEADER: ["1 to 200 printable ASCII characters without spaces are required."]})


def _once(
    view: Any, request: Request, key: str, body: bytes, act: Callable[[], HttpResponse], *, private: bool
) -> HttpResponse:
    """Run the method, or replay what it answered before."""
    owner = _owner(request)
    request_hash = _keyed(f"{request.method} {request.path}\n".encode() + body)
    with transaction.atomic():
        if not _taken(f"{owner}:{key}"):
            raise InProgress(retry_after=1)
        stored = stored_answers.find(user_id=owner, key=key)
        if stored is not None:
            return _replay(*stored, request_hash, private=private)
        response = _answer(view, act)
        if response.status_code >= 500 or response.status_code in (409, 429):  # noqa: PLR2004 (HTTP statuses)
            transaction.set_rollback(True)
        else:
            answer = _kept(response, private=private)
            stored_answers.store(answer, user_id=owner, key=key, request_hash=request_hash)
    return response


def _owner(request: Request) -> UUID:
    """Return whose key it is: the user's, or where nobody is known the client's, as an id made from its address."""
    if isinstance(request.user, Principal):
        return request.user.id
    client = clients.client(client_address(request._request))  # noqa: SLF001 (the Django request inside)
    return UUID(bytes=_keyed(client.encode())[:16])


def _keyed(value: bytes) -> bytes:
    """Return a keyed hash: what it hides (a password in a body, an address) must not be guessable from the table."""
    return salted_hmac("shared.http.idempotency", value, algorithm="sha256").digest()


def _taken(name: str) -> bool:
    """Take the key's lock for the transaction, unless another attempt holds it."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    # A statement of its own: the next one must see what the last holder committed.
    ((taken,),) = prepared.rows("SELECT pg_try_advisory_xact_lock(%s)", [number])
    return bool(taken)


def _answer(view: Any, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Run the method; a refusal is an answer too, and its effects are rolled back alone."""
    try:
        with transaction.atomic():
            return act()
    except Exception as error:  # noqa: BLE001 (the view's handler decides, and logs a defect)
        return view.handle_exception(error)  # type: ignore[no-any-return]


def _kept(response: HttpResponse, *, private: bool) -> Answer:
    """Return a response as it is stored."""
    headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    body = _cipher().encrypt(response.content) if private else response.content
    return Answer(status=response.status_code, headers=headers, body=body)


def _cipher() -> Fernet:
    """Return the cipher of private answers; its key is made from SECRET_KEY, as the request's hash is."""
    return Fernet(base64.urlsafe_b64encode(_keyed(b"private answers")))


def _replay(asked: bytes, stored: Answer, request_hash: bytes, *, private: bool) -> HttpResponse:
    """Return the stored answer; raises KeyReused when another request was asked with the key."""
    if asked != request_hash:
        raise KeyReused
    body = _cipher().decrypt(stored.body) if private else stored.body
    response = HttpResponse(body, status=stored.status, headers=dict(stored.headers))
    response["Idempotency-Replayed"] = "true"
    return response


def restate(request: Request, response: HttpResponse) -> None:
    """Store a later answer under the request's key: the outcome that the client was given after a wait."""
    key = request.headers.get(HEADER)
    if key is not None and "Idempotency-Replayed" not in response:
        stored_answers.replace(_kept(response, private=False), user_id=_owner(request), key=key)
