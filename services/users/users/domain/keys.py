"""The life of a signing key: published, then signing, then retired, then gone."""

from datetime import datetime, timedelta
from enum import StrEnum

from users.domain.tokens import ACCESS_LIFETIME

# Verifiers keep the key set for five minutes; a key signs only after twice that time.
PUBLISHED_BEFORE_SIGNING = timedelta(minutes=10)
# A retired key stays visible until its last token has expired, with some tolerance for clocks and caches.
VISIBLE_AFTER_RETIREMENT = ACCESS_LIFETIME + timedelta(minutes=5)


class KeyState(StrEnum):
    """Where a key is in its life."""

    PUBLISHED = "published"
    SIGNING = "signing"
    RETIRED = "retired"


def may_sign(*, published_at: datetime, now: datetime) -> bool:
    """Return whether every verifier must have seen a published key by now."""
    return now - published_at >= PUBLISHED_BEFORE_SIGNING
