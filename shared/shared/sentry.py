"""Reports of unexpected errors to Sentry, with SENTRY_DSN only: no traces, no personal data, no local variables.

What the log has at ERROR is reported, with the ids of its line as tags. It is the log that knows what is unexpected:
refusals (4xx) and outages that are waited for are never at ERROR.
"""

import logging
from collections.abc import Mapping
from typing import Any

from shared import context, masking, tracing

_KEPT_OF_REQUESTS = ("method", "url")
_LEFT_OUT = ("breadcrumbs", "modules", "user")
_SECONDS_OF_STOPPING = 2.0


def start(dsn: str, *, environment: str, release: str, tags: Mapping[str, str]) -> None:
    """Report errors from now on; call it after the process has forked, which would leave the sending thread behind.

    Args:
        dsn: the project's address at Sentry.
        environment: production, staging, …
        release: what runs.
        tags: what this process is.
    """
    import sentry_sdk  # noqa: PLC0415 (loads slowly, and is needed only with a DSN)
    from sentry_sdk.integrations.dedupe import DedupeIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.django import DjangoIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            DedupeIntegration(),
            DjangoIntegration(middleware_spans=False, signals_spans=False, cache_spans=False),
            # Celery's own errors come through its log; its integration would wrap every task.
            LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None),
        ],
        before_send=scrubbed,
        include_local_variables=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        send_default_pii=False,
        shutdown_timeout=_SECONDS_OF_STOPPING,
    )
    sentry_sdk.get_global_scope().set_tags(tags)


def stop() -> None:
    """Send what is left, for two seconds at most."""
    import sentry_sdk  # noqa: PLC0415 (as above)

    sentry_sdk.flush(timeout=_SECONDS_OF_STOPPING)


def scrubbed(event: Any, _hint: Any) -> Any:
    """Return an event with the ids of the work as tags, and without what may be personal or secret."""
    ids = {**context.current(), "trace_id": tracing.trace_id()}
    ids.pop("user_id", None)
    event["tags"] = {**event.get("tags", {}), **{name: value for name, value in ids.items() if value}}
    for part in _LEFT_OUT:
        event.pop(part, None)
    request = event.get("request")
    if request:
        event["request"] = {name: request[name] for name in _KEPT_OF_REQUESTS if name in request}
    return masking.texts(masking.values(event))
