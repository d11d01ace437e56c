"""A mail server that refuses: three more attempts at 60, 120 and 240 seconds, kept in the database, then dead."""

import socketserver
import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from factories import UserFactory

from shared.events import delivery, failures
from shared.events.contracts import MailRequested
from shared.events.models import FailedEvent
from shared.testing.events import deliver

pytestmark = pytest.mark.django_db


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks enough SMTP (RFC 5321) to take a mail, or to put it off for the first `refusals` recipients."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.refusals, self.asked, self.taken = 0, 0, []

    def accepts(self):
        """Count a recipient, and return whether its mail is taken."""
        self.asked += 1
        return self.asked > self.refusals


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 mail.example")
        while line := self.rfile.readline():
            answer = getattr(self, line[:4].decode().lower().strip(), self.noop)
            if answer() is False:
                return

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def noop(self):
        self.say("250 ok")

    def rcpt(self):
        self.say("250 ok" if self.server.accepts() else "451 4.7.1 try again later")

    def data(self):
        self.say("354 go on")
        lines = iter(self.rfile.readline, b".\r\n")
        self.server.taken.append(b"".join(lines).decode())
        self.say("250 taken")

    def quit(self):
        self.say("221 bye")
        return False


@pytest.fixture
def server(settings):
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        yield server
        server.shutdown()
        thread.join()


def again():
    """Let the failed mail's time come, and deliver it as the relay would."""
    FailedEvent.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    (due,) = failures.claim_due(limit=10)
    return delivery.deliver(due.envelope, attempt=due.attempts)


def pause():
    """Return the seconds between the failure and the next attempt."""
    failed = FailedEvent.objects.get()
    return (failed.next_attempt_at - failed.failed_at).total_seconds()


def test_a_mail_that_is_refused_twice_arrives_once(server):
    server.refusals = 2
    user = UserFactory(username="Ann")

    assert (deliver(MailRequested(user_id=user.id, kind="welcome")), pause()) == ("retried", 60.0)
    assert (again(), pause()) == ("retried", 120.0)
    assert again() == "handled"

    assert (server.asked, len(server.taken)) == (3, 1)
    assert f"To: {user.email}" in server.taken[0]
    assert "Hello Ann," in server.taken[0]
    assert not FailedEvent.objects.exists()


def test_after_three_more_attempts_the_mail_is_dead_and_kept(server):
    server.refusals = 100
    event = MailRequested(user_id=UserFactory().id, kind="verification")

    seen = [(deliver(event), pause())]
    seen += [(again(), pause()) for _ in range(2)]
    assert again() == "dead"

    assert seen == [("retried", 60.0), ("retried", 120.0), ("retried", 240.0)]
    failed = FailedEvent.objects.get()
    assert (failed.attempts, failed.dead_at is not None, server.asked, server.taken) == (4, True, 4, [])
    assert "SMTPRecipientsRefused" in failed.error
    assert "@" not in failed.error


def test_a_mail_that_was_sent_is_not_sent_again(server):
    event, user = "welcome", UserFactory()
    server.refusals = 1
    assert deliver(MailRequested(user_id=user.id, kind=event)) == "retried"
    envelope = FailedEvent.objects.get().envelope

    assert again() == "handled"

    assert delivery.deliver(envelope, attempt=1) == "duplicate"
    assert len(server.taken) == 1
