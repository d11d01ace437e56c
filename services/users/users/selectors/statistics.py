"""Counts of accounts."""

from datetime import datetime, timedelta

from django.db.models import Count, Q

from users.models import User

_DAY, _MONTH = timedelta(days=1), timedelta(days=30)


def accounts(*, now: datetime) -> dict[str, int]:
    """Return how many accounts there are, with one query.

    Args:
        now: the time of asking.

    Returns:
        `total` and `new_24h` (registered within a day) count every account, `deactivated` the deactivated ones,
        `active_24h` and `active_30d` (a login or a refresh within that time) and `verified` only the others.
    """
    active = Q(is_active=True)
    return User.objects.aggregate(
        total=Count("id"),
        active_24h=Count("id", filter=active & Q(last_login_at__gt=now - _DAY)),
        new_24h=Count("id", filter=Q(created_at__gt=now - _DAY)),
        active_30d=Count("id", filter=active & Q(last_login_at__gt=now - _MONTH)),
        verified=Count("id", filter=active & Q(verified_at__isnull=False)),
        deactivated=Count("id", filter=~active),
    )
