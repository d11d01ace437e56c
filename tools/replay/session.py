"""Somebody's tokens: logged in at the first need, refreshed before they expire, one renewal at a time."""

import asyncio
import time

from tools.replay import client

REFRESH_MARGIN_SECONDS = 60.0


class Session:
    """Somebody's tokens: logged in at the first need, refreshed before they expire, one renewal at a time."""

    def __init__(self, *, api: client.Api, email: str, password: str) -> None:
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
            request = client.Request(method="POST", path=f"{client.API}/auth/refresh/", json={"refresh": refresh})
            try:
                answer = await self._api.call(request)
            except client.GaveUpError:
                answer = client.Answer(status=client.UNAUTHORIZED)
            if answer.ok:
                self._take(answer)
                return
        credentials = {"email": self._email, "password": self._password}
        answer = await self._api.do(client.Request(method="POST", path=f"{client.API}/auth/login/", json=credentials))
        self.user_id = str(answer.body["user"]["id"])
        self._take(answer)

    def _take(self, answer: client.Answer) -> None:
        seconds = float(answer.body["expires_in"])
        self._access, self._refresh = answer.body["access"], answer.body["refresh"]
        self._renew_at = time.monotonic() + max(seconds - REFRESH_MARGIN_SECONDS, seconds / 2)
