"""The status page's server, with nobody else there."""

import json
import threading
import urllib.error
import urllib.request

import pytest

from devstack import config, stack
from devstack.statuspage import server

ALERT = {
    "status": "firing",
    "labels": {"alertname": "OutboxOld", "service": "orders", "severity": "page"},
    "annotations": {"summary": "Events stay"},
    "startsAt": "2026-01-02T03:04:05Z",
}


@pytest.fixture
def ask(tmp_path):
    """Ask the server of a stack of which nothing else runs; gives status, headers and text."""
    opened = stack.open_stack(config=config.Config(run_dir=tmp_path, cache_dir=tmp_path))
    serving = server.Server(run_dir=tmp_path)
    thread = threading.Thread(target=serving.serve_forever, args=(0.05,))
    thread.start()

    def ask(path, *, method="GET", body=None):
        address = f"http://{opened.address(name='status')}{path}"
        try:
            with urllib.request.urlopen(urllib.request.Request(address, method=method, data=body)) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read().decode()

    yield ask
    serving.shutdown()
    thread.join()
    serving.server_close()


def test_who_does_not_answer_is_named_and_the_page_comes_all_the_same(ask):
    code, headers, text = ask("/status/")

    assert code == 200
    assert "Not everything is known: Alertmanager and Prometheus do not answer" in text
    assert headers["Refresh"] == "10"
    assert "default-src 'none'; style-src 'sha256-" in headers["Content-Security-Policy"]


def test_what_alertmanager_tells_is_on_the_page_and_in_the_log(ask, capsys):
    code, _, _ = ask("/notifications", method="POST", body=json.dumps({"alerts": [ALERT]}).encode())
    ask("/notifications", method="POST", body=json.dumps({"alerts": [ALERT]}).encode())  # again with its group

    line = "page OutboxOld orders fires since 2026-01-02 03:04:05 UTC: Events stay"
    assert code == 204
    assert line in ask("/status/")[2]
    assert capsys.readouterr().out == f"{line}\n"


def test_runbooks_are_shown_with_their_links(ask):
    code, headers, text = ask("/status/runbooks/WorkerNotConsuming.md")

    assert (code, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "# WorkerNotConsuming" in text
    assert '(<a href="README.md">how</a>)' in text
    assert "Refresh" not in headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/status/runbooks/Nothing.md"),
        ("GET", "/status/runbooks/..%2fREADME.md"),
        ("POST", "/status/"),
    ],
)
def test_nothing_else_is_there(ask, method, path):
    assert ask(path, method=method, body=b"{}" if method == "POST" else None)[0] == 404


def test_asking_for_the_head_gives_no_body(ask):
    code, headers, text = ask("/status/", method="HEAD")

    assert (code, text) == (200, "")
    assert int(headers["Content-Length"]) > 1000
