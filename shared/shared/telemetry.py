"""What every process starts after its fork, and ends with: traces, error reports, and who it is in the metrics."""

import platform
from importlib.metadata import version as package_version

from django.conf import settings

from shared import metrics, sentry, tracing
from shared.tracing import exporting


def start(process: str) -> None:
    """Start telemetry in this process, as far as the settings want it.

    Args:
        process: web, worker, relay or beat.
    """
    version = package_version("plaza-shared")
    release = settings.RELEASE or version
    metrics.BUILD_INFO.labels(version=version, release=release, python=platform.python_version()).set(1)
    if settings.OTLP_ENDPOINT:
        resource = {
            "service.name": settings.SERVICE,
            "service.namespace": "plaza",
            "service.version": release,
            "deployment.environment.name": settings.ENVIRONMENT,
            "plaza.process": process,
        }
        exporting.start(settings.OTLP_ENDPOINT, ratio=settings.TRACES_RATIO, resource=resource)
    if settings.SENTRY_DSN:
        tags = {"service": settings.SERVICE, "process": process}
        sentry.start(settings.SENTRY_DSN, environment=settings.ENVIRONMENT, release=release, tags=tags)


def stop() -> None:
    """Send what is left, for a few seconds at most."""
    if tracing.wanted():
        exporting.stop()
    if settings.SENTRY_DSN:
        sentry.stop()
