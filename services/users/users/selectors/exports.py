"""Accounts as CSV."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.db import csv_export
from users.selectors import users

# Telephone numbers are sealed in the database, and no list shows many of them at once.
_COLUMNS = {
    name: name
    for name in (
        "id",
        "email",
        "username",
        "user_type",
        "age",
        "location",
        "is_verified",
        "is_staff",
        "is_active",
        "created_at",
        "updated_at",
        "last_login_at",
        "deactivated_at",
    )
}


def accounts(params: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the accounts that the query parameters choose as CSV, piece by piece; raises InvalidInput."""
    rows, order = users.accounts(params)
    return csv_export.lines(rows.order_by(*order), _COLUMNS)
