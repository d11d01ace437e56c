"""The public API (v2) over HTTP: one call with its retries, and lists page by page.

Rules of repeating are in retry; what is asked, and why, is elsewhere.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

import httpx

from tools.replay import retry
from tools.replay.errors import ReplayError

API = "/api/v2"
LONGEST_ANSWER = 45.0  # longer than the longest `Prefer: wait`
_CONNECT = 5.0
UNAUTHORIZED = 401


class ApiError(ReplayError):
    """An answer that repeating does not change."""

    def __init__(self, *, method: str, path: str, answer: "Answer") -> None:
        super().__init__(
            f"{method} {path} was refused",
            why=f"{answer.status} {answer.code} {answer.text}".strip(),
            remedy="look at `make logs`",
        )


class GaveUpError(ReplayError):
    """The time for one request is over, and it never succeeded."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back; the body is the decoded JSON, or an empty object.

    sent_at is when the request that it answers was sent first, in seconds of the monotonic clock.
    in_doubt means that an attempt before this one may have done the work without our hearing of it.
    """

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    sent_at: float = 0.0
    in_doubt: bool = False

    @property
    def ok(self) -> bool:
        """Tell whether the request was done."""
        return 200 <= self.status < 300  # noqa: PLR2004

    @property
    def code(self) -> str:
        """Return the problem's code."""
        return str(self.body.get("code", ""))

    @property
    def text(self) -> str:
        """Return the problem's sentence."""
        return str(self.body.get("detail", ""))

    @property
    def replayed(self) -> bool:
        """Tell whether this is the stored answer to a request that was done before this call began."""
        return self.headers.get("idempotency-replayed") == "true" and not self.in_doubt


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as the API sees it; repeated it is the same to the byte."""

    method: str
    path: str
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    wait_seconds: int = 0

    def all_headers(self) -> dict[str, str]:
        """Return its headers, the idempotency key and the preference among them."""
        named = {
            "Idempotency-Key": self.key,
            "Prefer": f"wait={self.wait_seconds}" if self.wait_seconds else "",
        }
        return {**self.headers, **{name: value for name, value in named.items() if value}}


class Bearer(Protocol):
    """Somebody on whose behalf requests are sent."""

    async def token(self) -> str:
        """Return an access token that is still good for a while."""

    def forget(self, token: str) -> None:
        """Drop a token that was refused."""


class Api:
    """The gateway, and the patience to reach it."""

    def __init__(self, *, base_url: str, connections: int, patience: float, seconds: float = LONGEST_ANSWER) -> None:
        """Prepare the connections.

        Args:
            base_url: the gateway.
            connections: how many to keep open at most.
            patience: seconds after which a request that keeps failing is given up.
            seconds: how long an answer may take.

        """
        self.patience = patience
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        timeout = httpx.Timeout(seconds, connect=_CONNECT)
        self._http = httpx.AsyncClient(base_url=base_url, timeout=timeout, limits=limits)

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def call(self, request: Request, *, bearer: Bearer | None = None) -> Answer:
        """Send a request until it is answered for good.

        Args:
            request: what to send.
            bearer: on whose behalf; nobody's without it.

        Raises:
            GaveUpError: the patience is over.

        """
        deadline = time.monotonic() + self.patience
        attempt, renewed, since = 0, False, None
        while True:
            token = await bearer.token() if bearer else ""
            started = time.monotonic()
            answer, trouble = await self.attempt(request, token=token, since=since)
            if answer and bearer and answer.status == UNAUTHORIZED and not renewed:
                bearer.forget(token)
                renewed = True
                continue
            if answer and not self.worth_repeating(answer):
                return answer
            if not answer or retry.leaves_doubt(status=answer.status):
                since = since or started
            attempt += 1
            asked = answer.headers.get("retry-after", "") if answer else ""
            seconds = retry.pause(attempt=attempt, retry_after=asked, chance=random.random())  # noqa: S311
            if time.monotonic() + seconds > deadline:
                raise self._gave_up(request, trouble=trouble, attempts=attempt)
            await asyncio.sleep(seconds)

    def worth_repeating(self, answer: Answer) -> bool:
        """Tell whether the same request may be answered otherwise later."""
        return retry.worth_repeating(status=answer.status, code=answer.code)

    async def do(self, request: Request, *, bearer: Bearer | None = None) -> Answer:
        """Send a request that has to succeed.

        Raises:
            ApiError: it was refused for good.
            GaveUpError: the patience is over.

        """
        answer = await self.call(request, bearer=bearer)
        if not answer.ok:
            raise ApiError(method=request.method, path=request.path, answer=answer)
        return answer

    async def pages(self, path: str, *, bearer: Bearer | None = None) -> AsyncIterator[dict[str, Any]]:
        """Yield the rows of a list, page by page.

        Args:
            path: the first page; the following ones are where each page says.
            bearer: on whose behalf; nobody's without it.

        """
        following: str | None = path
        while following:
            answer = await self.do(Request(method="GET", path=following), bearer=bearer)
            for row in answer.body["data"]:
                yield row
            following = _relative(answer.body["next"])

    async def attempt(self, request: Request, *, token: str, since: float | None) -> tuple[Answer | None, str]:
        """Send a request once; return its answer, or None, and what was wrong with it in a line.

        Args:
            request: what to send.
            token: the access token; none when empty.
            since: when an earlier attempt that may have done the work was sent, or None.

        """
        headers = request.all_headers() | ({"Authorization": f"Bearer {token}"} if token else {})
        started = time.monotonic()
        try:
            response = await self._http.request(
                request.method, request.path, json=request.json, content=request.content, headers=headers
            )
        except httpx.TransportError as error:
            return None, f"{type(error).__name__} {error}".strip()
        answer = Answer(
            status=response.status_code,
            body=_object(response),
            headers=response.headers,
            sent_at=since or started,
            in_doubt=since is not None,
        )
        return answer, f"{answer.status} {answer.code} {answer.text}".strip()

    def _gave_up(self, request: Request, *, trouble: str, attempts: int) -> GaveUpError:
        return GaveUpError(
            f"{request.method} {request.path} did not succeed in {self.patience:g} s and {attempts} attempts",
            why=f"the last time: {trouble}",
            remedy="look at `make status` and `make logs`; the same command again continues from here",
        )


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _relative(url: str | None) -> str | None:
    """Return a page's path and query: the host it names may be one that only others can reach."""
    if not url:
        return None
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"
