"""A web process that is told to stop: first no longer ready, and only later gone; nothing is refused in between."""

import signal
import threading
import time

import httpx
import pytest
import servers

from shared.testing import waiting

pytestmark = pytest.mark.django_db(transaction=True)

DRAIN = 8.0  # seconds


def test_a_stopping_server_is_not_ready_but_answers_until_traffic_is_elsewhere(tmp_path):
    with servers.web(tmp_path / "web", DRAIN_SECONDS=str(DRAIN)) as web:
        web.process.send_signal(signal.SIGTERM)
        told_at = time.monotonic()
        servers.eventually(lambda: web.probe("readyz") == 503)

        (web.folder / "hold").touch()
        last = []
        request = threading.Thread(target=lambda: last.append(web.get("/held/").status_code))
        request.start()  # still running when answering ends
        answers, probes = [], set()
        while not answers or time.monotonic() < told_at + DRAIN / 2:
            answers.append(web.get("/api/v2/open/").status_code)
            probes.add((web.probe("livez"), web.probe("startupz"), web.probe("readyz")))
            time.sleep(0.1)
        # The second signal, of its own, ends the answering.
        waiting.eventually(lambda: [line["event"] for line in web.lines()].count("Handling signal: term") == 2)
        assert time.monotonic() - told_at >= DRAIN
        (web.folder / "hold").unlink()

        assert web.process.wait(timeout=waiting.PATIENCE) == 0
        request.join()
        assert set(answers) == {200}
        assert probes == {(200, 200, 503)}
        assert last == [200]


def test_a_server_without_time_to_drain_ends_at_once(tmp_path):
    with servers.web(tmp_path / "web", workers=1) as web:
        web.process.send_signal(signal.SIGTERM)

        assert web.process.wait(timeout=waiting.PATIENCE) == 0
        with pytest.raises(httpx.TransportError):
            web.get("/api/v2/open/")
