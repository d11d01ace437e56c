"""One batch of an import: rows checked together, products written by a few statements for all of them.

The rows' products are locked first, by ascending id like everywhere, so that stock and orders move on consistently.
What the database refuses is halved, each half in a savepoint of its own, until the refused row stands alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import Error as DatabaseFault
from django.db import transaction

from catalog.domain import import_rows
from catalog.domain.csv_reader import Record
from catalog.domain.import_rows import Fault, Row
from catalog.services import import_writes
from catalog.services.import_writes import Known

# Classes of SQLSTATE that a row's content can cause: data, constraints, limits, a trigger's own refusal.
_REFUSALS = ("22", "23", "54", "P0")


@dataclass(kw_only=True)
class Result:
    """What became of a batch: counts, and what is wrong with the rows that were not taken."""

    created: int = 0
    updated: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """Return how many rows were not taken."""
        return len({fault.line for fault in self.faults})

    def add(self, other: "Result") -> None:
        """Count another part of the batch in."""
        self.created += other.created
        self.updated += other.updated
        self.faults += other.faults


def apply(*, columns: Sequence[str], records: Iterable[Record]) -> Result:
    """Create or update the products of one batch, within the caller's transaction.

    Args:
        columns: the file's header.
        records: the batch.

    Returns:
        The counts, in which a row that a later one replaces counts as an update, and the faults by line.
    """
    rows, faults = import_rows.read_all(columns, ((record.line, record.fields) for record in records))
    # Outside of any savepoint: these locks outlive whatever is refused below.
    result = _tried(rows, import_writes.locked(rows))
    result.faults = sorted(faults + result.faults, key=lambda fault: fault.line)
    return result


def _tried(rows: Sequence[Row], known: Known) -> Result:
    """Take the rows in a savepoint; those among them that the database refuses fail alone."""
    try:
        with transaction.atomic():
            return _taken(rows, known)
    except DatabaseFault as error:
        if not _is_refusal(error):
            raise
        if len(rows) == 1:
            return Result(faults=[_fault(rows[0], error)])
    result = Result()
    for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
        result.add(_tried(half, import_writes.locked(half)))
    return result


def _taken(rows: Sequence[Row], known: Known) -> Result:
    """Write the rows; of those with one sku the last wins."""
    result = Result()
    last: dict[str, Row] = {}
    taken = 0
    for row in rows:
        if reason := _misfit(row, known):
            result.faults.append(Fault(row.line, row.sku, "on_hand", reason))
            continue
        last[row.sku] = row.over(last[row.sku]) if row.sku in last else row
        taken += 1
    result.created = import_writes.write(list(last.values()), known) if last else 0
    result.updated = taken - result.created
    return result


def _misfit(row: Row, known: Known) -> str:
    """Return why a row does not leave what orders have reserved, or nothing."""
    if row.on_hand is None or row.sku not in known or row.on_hand >= known[row.sku].reserved:
        return ""
    return f"{known[row.sku].reserved} are reserved for orders, so the stock cannot become {row.on_hand}."


def _is_refusal(error: DatabaseFault) -> bool:
    """Return whether a row's content is to blame, and not a lock, a deadlock or an outage."""
    return (getattr(error.__cause__, "sqlstate", None) or "").startswith(_REFUSALS)


def _fault(row: Row, error: DatabaseFault) -> Fault:
    """Return what the database said about one row, without the values in its details."""
    told = getattr(error.__cause__, "diag", None)
    column, message = (told.column_name or "", told.message_primary or "") if told else ("", "")
    return Fault(row.line, row.sku, column, f"The database refuses it: {message}.")
