"""The client of the load: the replay client's patience and retries, with every attempt written down."""

import time

from tools.chaos.history import Attempt, History
from tools.replay import client

ANSWER_SECONDS = 10.0
PENDING = "pending_order_exists"


class Caller(client.Api):
    """The gateway, and a history of what was asked of it."""

    def __init__(
        self,
        *,
        base_url: str,
        connections: int,
        patience: float,
        history: History,
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        """Prepare the connections.

        Args:
            base_url: the gateway.
            connections: how many to keep open at most.
            patience: seconds after which a request that keeps failing is given up.
            history: where attempts are written down.
            seconds: how long an answer may take.

        """
        super().__init__(base_url=base_url, connections=connections, patience=patience, seconds=seconds)
        self._history = history

    def worth_repeating(self, answer: client.Answer) -> bool:
        """Tell whether to ask again; a customer whose last order is still pending comes back another time."""
        return answer.code != PENDING and super().worth_repeating(answer)

    async def attempt(
        self, request: client.Request, *, token: str, since: float | None
    ) -> tuple[client.Answer | None, str]:
        """Send a request once, as the replay client does, and write it down."""
        started = time.monotonic()
        answer, trouble = await super().attempt(request, token=token, since=since)
        self._history.attempts.append(
            Attempt(
                at=started,
                seconds=time.monotonic() - started,
                method=request.method,
                path=request.path,
                status=answer.status if answer else 0,
                code=answer.code if answer else trouble.partition(" ")[0],
            )
        )
        return answer, trouble
