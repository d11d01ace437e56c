"""The metrics that operators rely on, by name and labels; and what dead processes leave is folded without loss."""

import os
import subprocess
import sys

import pytest
from prometheus_client import REGISTRY
from prometheus_client.mmap_dict import MmapedDict

from shared import metrics
from shared.metrics import files

CONTRACT = {
    "http_server_request_duration_seconds": ("http_request_method", "http_route", "http_response_status_code"),
    "http_server_active_requests": (),
    "plaza_events_published": ("type",),
    "plaza_events_handled": ("type", "outcome"),
    "plaza_event_delivery_seconds": ("type",),
    "plaza_outbox_unsent": (),
    "plaza_outbox_oldest_seconds": (),
    "plaza_inbox_retrying": (),
    "plaza_inbox_dead": (),
    "plaza_orders": ("status", "reason"),
    "plaza_order_settlement_seconds": (),
    "plaza_stock_reservations": ("outcome",),
    "plaza_payments": ("outcome",),
    "plaza_logins": ("outcome",),
    "plaza_deprecated_requests": ("version", "http_route"),
    "plaza_tasks_duration_seconds": ("task", "outcome"),
    "plaza_heartbeat_timestamp_seconds": ("process",),
    "plaza_db_pool_connections": ("state",),
    "plaza_build_info": ("version", "release", "python"),
}


def test_every_promised_metric_is_there_with_its_labels():
    known = {each._name: each._labelnames for each in vars(metrics).values() if hasattr(each, "_labelnames")}

    assert {name: known.get(name) for name in CONTRACT} == CONTRACT
    assert set(known) <= set(REGISTRY._names_to_collectors) | {name.removesuffix("_total") for name in known}


def left_by_the_dead(directory, kind, values):
    """Write a file as a process leaves it that has just ended."""
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    written = MmapedDict(str(directory / f"{kind}_{int(gone.stdout)}.db"))
    for key, (value, at) in values.items():
        written.write_value(key, value, at)
    written.close()


def kept(directory):
    return {
        path.name: {key: value for key, value, *_ in MmapedDict.read_all_values_from_file(str(path))}
        for path in directory.glob("*.db")
    }


@pytest.mark.parametrize(
    ("kind", "folded"),
    [
        ("counter", {"a": 5.0, "b": 1.0, "c": 7.0}),
        ("histogram", {"a": 5.0, "b": 1.0, "c": 7.0}),
        ("gauge_max", {"a": 3.0, "b": 1.0, "c": 7.0}),
        ("gauge_mostrecent", {"a": 2.0, "b": 1.0, "c": 7.0}),
    ],
)
def test_what_the_dead_leave_becomes_one_file(tmp_path, kind, folded):
    left_by_the_dead(tmp_path, kind, {"a": (3.0, 10.0), "b": (1.0, 10.0)})
    files.fold(tmp_path)
    left_by_the_dead(tmp_path, kind, {"a": (2.0, 20.0), "c": (7.0, 20.0)})

    files.fold(tmp_path)

    assert kept(tmp_path) == {f"{kind}_dead.db": folded}


def test_live_gauges_of_the_dead_are_forgotten_and_the_living_are_let_alone(tmp_path):
    left_by_the_dead(tmp_path, "gauge_livesum", {"a": (3.0, 10.0)})
    mine = MmapedDict(str(tmp_path / f"counter_{os.getpid()}.db"))
    mine.write_value("a", 4.0, 0.0)
    (tmp_path / "histogram_999999999.db").touch()  # died before it wrote anything

    files.fold(tmp_path)

    mine.close()
    assert kept(tmp_path)[f"counter_{os.getpid()}.db"] == {"a": 4.0}
    assert not list(tmp_path.glob("gauge_*"))
    assert not (tmp_path / "histogram_999999999.db").exists()
