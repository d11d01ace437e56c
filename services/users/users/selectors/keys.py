"""Reads of signing keys."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from users.domain.keys import VISIBLE_AFTER_RETIREMENT, KeyState
from users.models import SigningKey


def jwks() -> dict[str, Any]:
    """Return the public key set (RFC 7517): next, signing and lately retired keys."""
    lately = timezone.now() - VISIBLE_AFTER_RETIREMENT
    visible = SigningKey.objects.filter(Q(retired_at__isnull=True) | Q(retired_at__gt=lately))
    return {"keys": list(visible.order_by("published_at").values_list("public_jwk", flat=True))}


def signing() -> SigningKey | None:
    """Return the key that signs now, or None when there is none yet."""
    return SigningKey.objects.filter(state=KeyState.SIGNING).first()
