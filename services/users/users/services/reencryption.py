"""Encrypting again, with the first of FIELD_KEYS, what an older key has encrypted, so that the older one can go.

Rows are found by key, a batch at a time, each batch in a transaction of its own; a row that the first key has
encrypted already is left alone, so a run that was stopped anywhere is simply run again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from shared.db import sealed
from users.models import JobRow, RefreshSession, SigningKey, User
from users.services import accounts

# Every column that holds something encrypted.
COLUMNS: tuple[tuple[type[models.Model], str], ...] = (
    (User, "phone_number"),
    (SigningKey, "private_pem_sealed"),
    (RefreshSession, "latest_sealed"),
    (JobRow, "sealed"),
)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one committed batch did."""

    table: str
    looked_at: int
    changed: int


def reencrypt(*, batch_size: int) -> Iterator[Batch]:
    """Encrypt everything with the first key, and index phone numbers with today's index key.

    Yields each batch after its commit.

    Args:
        batch_size: rows in a transaction.

    Raises:
        SealedByUnknownKey: a value was encrypted with a key that FIELD_KEYS does not hold; its batch is unchanged.
    """
    for model, column in COLUMNS:
        for keys in _batches(model, size=batch_size):
            changed, busy = _renew(model, column, keys, wait=False)
            # One row at a time is waited for: who holds no other lock cannot be part of a deadlock.
            changed += sum(_renew(model, column, [key], wait=True)[0] for key in busy)
            yield Batch(table=model._meta.db_table, looked_at=len(keys), changed=changed)  # noqa: SLF001 (Django's)


def _batches(model: type[models.Model], *, size: int) -> Iterator[list[Any]]:
    """Yield the keys of all rows."""
    rows = model._default_manager.order_by("pk").values_list("pk", flat=True)  # noqa: SLF001 (Django's)
    keys = list(rows[:size])
    while keys:
        yield keys
        keys = list(rows.filter(pk__gt=keys[-1])[:size])


def _renew(model: type[models.Model], column: str, keys: list[Any], *, wait: bool) -> tuple[int, list[Any]]:
    """Encrypt rows again under their locks; returns how many, and the keys of those that somebody else holds."""
    with transaction.atomic():
        chosen = model._default_manager.filter(pk__in=keys).annotate(raw=Cast(column, TextField()))  # noqa: SLF001
        rows = list(chosen.select_for_update(skip_locked=not wait, no_key=True))
        stale = [row for row in rows if row.raw and not _is_current(row)]
        _write(model, column, stale)
    found = {row.pk for row in rows}
    return len(stale), [key for key in keys if key not in found]


def _is_current(row: Any) -> bool:
    """Return whether today's keys have made what the row holds."""
    if isinstance(row, User) and accounts.phone_index(row.phone_number) != bytes(row.phone_index or b""):
        return False
    return sealed.is_current(row.raw)


def _write(model: type[models.Model], column: str, rows: Sequence[Any]) -> None:
    """Encrypt locked rows with the first key; times of change stay as they are."""
    fields = [column]
    for row in rows:
        if isinstance(row, User):  # its field encrypts by itself
            row.phone_index = accounts.phone_index(row.phone_number)
            fields = [column, "phone_index"]
        else:
            setattr(row, column, sealed.seal(sealed.unseal(row.raw)))
    model._default_manager.bulk_update(rows, fields)  # noqa: SLF001 (Django's)
