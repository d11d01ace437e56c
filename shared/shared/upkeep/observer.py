"""The observer: a thread of the beat process, of which there is one, that measures what only the database knows.

About once a minute it audits and calls the service's own measures. It has a database connection of its own, closed
after each round. An outage of the database is waited for; nothing that happens here reaches beat's loop or liveness.
"""

import logging
import threading

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection
from django.utils.module_loading import import_string

from shared import metrics
from shared.db.faults import is_outage
from shared.events import outgoing
from shared.upkeep import audit, marks

log = logging.getLogger(__name__)

_LOOK_AGAIN_SECONDS = 5.0  # during an outage


class Observer:
    """The observing loop; it runs until stopped, in beat until the process ends.

    Args:
        seconds: between two rounds; the setting OBSERVE_SECONDS when absent.
    """

    def __init__(self, *, seconds: float | None = None) -> None:
        self._seconds = settings.OBSERVE_SECONDS if seconds is None else seconds
        self._stopping = threading.Event()
        self._away = False
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)

    def start(self) -> None:
        """Begin to observe."""
        self._thread.start()

    def stop(self) -> None:
        """End after the round that runs now; returns when it has ended."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause = self._seconds if self._round() else min(self._seconds, _LOOK_AGAIN_SECONDS)
            self._stopping.wait(pause)

    def _round(self) -> bool:
        """Measure everything once; returns False when the database is away. Never raises."""
        try:
            observe()
        except DatabaseFault as fault:
            if is_outage(fault):
                return self._waits(fault)
            log.exception("observer_failed")
        except Exception:
            log.exception("observer_failed")
        else:
            metrics.OBSERVED.set_to_current_time()
        finally:
            connection.close()
        self._away = False
        return True

    def _waits(self, fault: DatabaseFault) -> bool:
        """Note an outage, once."""
        if not self._away:
            log.warning("observer_waiting", extra={"cause": type(fault).__name__})
        self._away = True
        return False


def observe() -> None:
    """Set the gauges of audit, dead events, backups and the service itself; raises what its queries raise."""
    findings = audit.run()
    for finding in findings:
        if not finding.fault:
            metrics.INVARIANT_VIOLATIONS.labels(invariant=finding.name).set(finding.count)
    faults = [finding for finding in findings if finding.fault]
    metrics.AUDIT_FAILURES.set(len(faults))
    for finding in faults:
        log.error("audit_failed", extra={"invariant": finding.name, "cause": finding.fault})
    metrics.OUTBOX_DEAD.set(outgoing.dead_count())
    marks.measure()
    if settings.SERVICE_MEASURES:
        import_string(settings.SERVICE_MEASURES)()
