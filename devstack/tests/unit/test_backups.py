"""How old a service's newest backup is said to be."""

from datetime import UTC, datetime, timedelta

import pytest

from devstack import backups

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def told(*, service: str = "users", ago: timedelta) -> dict[str, object]:
    made = backups.Backup(service=service, form="json", taken_at=NOW - ago, size_bytes=2048)
    return made.facts(now=NOW)


def test_a_program_is_told_time_age_and_size():
    assert told(ago=timedelta(minutes=90)) == {
        "service": "users",
        "form": "json",
        "taken_at": "2026-03-01T10:30:00+00:00",
        "age_seconds": 5400.0,
        "size_bytes": 2048,
    }


def test_a_service_without_a_backup_has_no_age():
    never = backups.Backup(service="catalog").facts(now=NOW)

    assert never == {"service": "catalog", "form": None, "taken_at": None, "age_seconds": None, "size_bytes": None}
    assert backups.line(told=[never]) == "backups: catalog never"


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=0.4), "0 s ago"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=12, seconds=50), "12 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=9, hours=3), "9 d ago"),
        (timedelta(seconds=-2), "0 s ago"),  # a database's clock that is ahead
    ],
)
def test_a_person_is_told_the_age_in_one_unit(ago, said):
    assert backups.line(told=[told(ago=ago)]) == f"backups: users {said}"


def test_services_share_a_line_and_without_any_it_is_empty():
    both = [told(ago=timedelta(minutes=5)), told(service="orders", ago=timedelta(days=1))]

    assert backups.line(told=both) == "backups: users 5 min ago, orders 1 d ago"
    assert backups.line(told=[]) == ""
