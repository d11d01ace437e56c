"""What only the database knows, as metrics; called about once a minute."""

from django.utils import timezone

from shared import metrics
from users.selectors import statistics


def measure() -> None:
    """Set the gauge of accounts by state."""
    for state, count in statistics.accounts(now=timezone.now()).items():
        metrics.USERS.labels(state=state).set(count)
