"""Background jobs: a list of accounts taken in, then made batch by batch, each in the transaction of its event.

The job's row says how far it is (`next_row`), and moves with the batch's accounts, the outcome of each row and the
next event or not at all: killed anywhere, a job goes on from its last committed batch.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from shared.db import sealed
from shared.errors import InvalidInput
from shared.events import outbox
from shared.events.contracts import UsersBulkAdvanced
from users.domain import emails
from users.models import Job, JobRow
from users.selectors import jobs
from users.services import accounts

log = logging.getLogger(__name__)

BATCH_ROWS = 100

_OPEN = (Job.Status.PENDING, Job.Status.RUNNING)


def job_start(*, users: Sequence[Mapping[str, Any]], created_by: UUID) -> dict[str, Any]:
    """Store a list of accounts to make, encrypted, and ask for its first batch.

    Args:
        users: email, username and maybe age of each.
        created_by: who sent the list.

    Returns:
        The job's row.
    """
    with transaction.atomic():
        job = Job.objects.create(total=len(users), created_by=created_by)
        JobRow.objects.bulk_create(
            JobRow(job=job, number=number, sealed=sealed.seal(json.dumps(user))) for number, user in enumerate(users)
        )
        outbox.append(UsersBulkAdvanced(job_id=job.id, row=0))
        return jobs.job(job.id)


def job_advance(*, job_id: UUID, row: int) -> None:
    """Make a job's next accounts and ask for the batch after them; does nothing when that is done already.

    Args:
        job_id: the job.
        row: number of the batch's first row.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(id=job_id, next_row=row, status__in=_OPEN).first()
        if job is None:
            log.info("job_batch_done_already", extra={"job_id": str(job_id), "row": row})
            return
        rows = list(JobRow.objects.filter(job=job, number__gte=row).order_by("number")[:BATCH_ROWS])
        _work_off(rows)
        _move_on(job, rows)


def _work_off(rows: Sequence[JobRow]) -> None:
    """Make the accounts that the rows ask for, and keep only what became of each.

    Always in the order of their addresses, so that two lists of the same addresses wait for each other and do not
    deadlock; of equal addresses the first row wins.
    """
    wanted = {each.number: json.loads(sealed.unseal(each.sealed)) for each in rows}
    for each in sorted(rows, key=lambda each: (emails.key(wanted[each.number]["email"]), each.number)):
        each.sealed = ""
        try:
            each.user_id = accounts.user_invite(**wanted[each.number])
        except InvalidInput as refusal:
            each.status, each.errors = JobRow.Status.FAILED, refusal.details
        else:
            each.status = JobRow.Status.CREATED
    JobRow.objects.bulk_update(rows, ["status", "sealed", "user_id", "errors"])


def _move_on(job: Job, rows: Sequence[JobRow]) -> None:
    """Count a batch, and ask for the next one unless it was the last."""
    made = sum(each.status == JobRow.Status.CREATED for each in rows)
    following = job.next_row + len(rows)
    ended = following == job.total
    now = timezone.now()
    Job.objects.filter(id=job.id).update(
        status=Job.Status.DONE if ended else Job.Status.RUNNING,
        next_row=following,
        created=F("created") + made,
        failed=F("failed") + len(rows) - made,
        updated_at=now,
        finished_at=now if ended else None,
    )
    if not ended:
        outbox.append(UsersBulkAdvanced(job_id=job.id, row=following))
