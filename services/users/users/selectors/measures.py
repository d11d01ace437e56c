"""What only the database knows, as metrics; called about once a minute."""

from django.utils import timezone

from shared import metrics
from users.selectors import keys, statistics


def measure() -> None:
    """Set the gauges of accounts by state and of the signing key's age; without a key that stays as it is."""
    now = timezone.now()
    for state, count in statistics.accounts(now=now).items():
        metrics.USERS.labels(state=state).set(count)
    if key := keys.signing():
        metrics.SIGNING_KEY_AGE.set((now - key.published_at).total_seconds())
