"""The mark that a backup leaves in the database: whoever measures cannot look into the directory of the backups."""

from django.db import models

from shared.upkeep.tables import MARKS_TABLE


class BackupMark(models.Model):
    """The last good backup of each format; a row each."""

    form = models.CharField(max_length=10, primary_key=True)
    taken_at = models.DateTimeField()
    """When its snapshot was begun."""
    size = models.BigIntegerField()
    """In bytes."""

    class Meta:
        db_table = MARKS_TABLE

    def __str__(self) -> str:
        return f"{self.form} {self.taken_at}"
