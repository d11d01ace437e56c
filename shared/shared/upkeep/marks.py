"""When this service was last backed up: noted in its database by who did it, measured there by beat's observer.

The database, because it is the only thing that both reach: the backups lie in a volume of a CronJob, or on another
machine. A restore leaves the mark alone.
"""

from pathlib import Path

from shared import metrics
from shared.upkeep import backup, tables
from shared.upkeep.models import BackupMark


def note(*, path: Path, form: str) -> None:
    """Note a good backup.

    Args:
        path: the file, whole and with its checksum.
        form: json or pg_dump.

    Raises:
        django.db.Error: it could not be noted.
    """
    known = {"taken_at": backup.taken_at(path), "size": path.stat().st_size}
    BackupMark.objects.bulk_create(
        [BackupMark(form=form, **known)],
        update_conflicts=True,
        unique_fields=["form"],
        update_fields=["taken_at", "size"],
    )


def measure() -> None:
    """Set the gauges of the last good backups, and of the time since when there could have been one.

    A format that was never used has no mark; that nobody ever made a backup is seen by the database's age.
    """
    for form, taken_at in BackupMark.objects.values_list("form", "taken_at"):
        metrics.BACKUP.labels(form=form).set(taken_at.timestamp())
    if created_at := tables.created_at():
        metrics.DATABASE_CREATED.set(created_at.timestamp())
