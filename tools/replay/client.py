"""The public API (v2) over HTTP: one call with its retries, pages, and a customer's or staff's session.

Rules of repeating are in retry; what is asked, and why, is elsewhere.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from tools.replay import retry
from tools.replay.errors import ReplayError

API = "/api/v2"
REFRESH_MARGIN_SECONDS = 60.0
_TIMEOUT = httpx.Timeout(45.0, connect=5.0)  # longer than the longest `Prefer: wait`
_UNAUTHORIZED = 401


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
    """What came back; the body is the decoded JSON, or an empty object."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 1

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
        return self.headers.get("idempotency-replayed") == "true" and self.attempts == 1


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


class Api:
    """The gateway, and the patience to reach it."""

    def __init__(self, *, base_url: str, connections: int, patience: float) -> None:
        """Prepare the connections.

        Args:
            base_url: the gateway.
            connections: how many to keep open at most.
            patience: seconds after which a request that keeps failing is given up.

        """
        self.patience = patience
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._http = httpx.AsyncClient(base_url=base_url, timeout=_TIMEOUT, limits=limits)

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def call(self, request: Request, *, session: "Session | None" = None) -> Answer:
        """Send a request until it is answered for good.

        Args:
            request: what to send.
            session: on whose behalf.

        Raises:
            GaveUpError: the patience is over.

        """
        deadline = time.monotonic() + self.patience
        attempt, renewed = 0, False
        while True:
            attempt += 1
            token = await session.token() if session else ""
            answer, trouble = await self._attempt(request, token=token, attempt=attempt)
            if answer and session and answer.status == _UNAUTHORIZED and not renewed:
                session.forget(token)
                renewed = True
                continue
            if answer and not retry.worth_repeating(status=answer.status, code=answer.code):
                return answer
            asked = answer.headers.get("retry-after", "") if answer else ""
            seconds = retry.pause(attempt=attempt, retry_after=asked, chance=random.random())  # noqa: S311
            if time.monotonic() + seconds > deadline:
                raise self._gave_up(request, trouble=trouble, attempts=attempt)
            await asyncio.sleep(seconds)

    async def do(self, request: Request, *, session: "Session | None" = None) -> Answer:
        """Send a request that has to succeed.

        Raises:
            ApiError: it was refused for good.
            GaveUpError: the patience is over.

        """
        answer = await self.call(request, session=session)
        if not answer.ok:
            raise ApiError(method=request.method, path=request.path, answer=answer)
        return answer

    async def pages(self, path: str, *, session: "Session | None" = None) -> AsyncIterator[dict[str, Any]]:
        """Yield the rows of a list, page by page.

        Args:
            path: the first page; the following ones are where each page says.
            session: on whose behalf.

        """
        following: str | None = path
        while following:
            answer = await self.do(Request(method="GET", path=following), session=session)
            for row in answer.body["data"]:
                yield row
            following = _relative(answer.body["next"])

    async def _attempt(self, request: Request, *, token: str, attempt: int) -> tuple[Answer | None, str]:
        headers = request.all_headers() | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            response = await self._http.request(
                request.method, request.path, json=request.json, content=request.content, headers=headers
            )
        except httpx.TransportError as error:
            return None, f"{type(error).__name__} {error}".strip()
        answer = Answer(
            status=response.status_code, body=_object(response), headers=response.headers, attempts=attempt
        )
        return answer, f"{answer.status} {answer.code} {answer.text}".strip()

    def _gave_up(self, request: Request, *, trouble: str, attempts: int) -> GaveUpError:
        return GaveUpError(
            f"{request.method} {request.path} did not succeed in {self.patience:g} s and {attempts} attempts",
            why=f"the last time: {trouble}",
            remedy="look at `make status` and `make logs`; the same command again continues from here",
        )


class Session:
    """Somebody's tokens: logged in at the first need, refreshed before they expire, one renewal at a time."""

    def __init__(self, *, api: Api, email: str, password: str) -> None:
        self._api = api
        self._email = email
        self._password = password
        self._lock = asyncio.Lock()
        self._access = ""
        self._refresh = ""
        self._renew_at = 0.0
        self.user_id = ""

    async def token(self) -> str:
        """Return an access token that is still good for a while."""
        async with self._lock:
            if not self._access or time.monotonic() >= self._renew_at:
                await self._renew()
            return self._access

    def forget(self, token: str) -> None:
        """Drop a token that was refused, unless it has been replaced since."""
        if token == self._access:
            self._access = ""

    async def _renew(self) -> None:
        # A refresh token is spent by use: after any doubt whether it was, the password is the way in.
        refresh, self._refresh = self._refresh, ""
        if refresh:
            request = Request(method="POST", path=f"{API}/auth/refresh/", json={"refresh": refresh})
            try:
                answer = await self._api.call(request)
            except GaveUpError:
                answer = Answer(status=_UNAUTHORIZED)
            if answer.ok:
                self._take(answer)
                return
        credentials = {"email": self._email, "password": self._password}
        answer = await self._api.do(Request(method="POST", path=f"{API}/auth/login/", json=credentials))
        self.user_id = str(answer.body["user"]["id"])
        self._take(answer)

    def _take(self, answer: Answer) -> None:
        seconds = float(answer.body["expires_in"])
        self._access, self._refresh = answer.body["access"], answer.body["refresh"]
        self._renew_at = time.monotonic() + max(seconds - REFRESH_MARGIN_SECONDS, seconds / 2)


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
