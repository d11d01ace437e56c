"""How large an upload may be, whatever it says about its length."""

import io
from uuid import uuid4

import pytest

from catalog import services
from catalog.models import Import, ImportChunk
from catalog.services import FileTooLarge
from catalog.wsgi import application
from shared.testing import events
from shared.testing.tokens import token

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = b"sku,name,price\nA,Mug,1.00\n"
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="../../etc/passwd"\r\n\r\n%b\r\n--b--\r\n'
LIMIT = 4096


@pytest.fixture(autouse=True)
def small(settings):
    settings.IMPORT_MAX_BYTES = LIMIT


def nothing_is_left():
    assert not Import.objects.exists()
    assert not ImportChunk.objects.exists()
    assert events.outbox() == []


class Watched(io.BytesIO):
    """A body that notes whether it was touched."""

    touched = False

    def read(self, *args):
        self.touched = True
        return super().read(*args)


def sent(body, length):
    """Send a body under any Content-Length, straight to the application; returns the status and the body object."""
    stream, statuses = Watched(body), []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v2/products/import/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": stream,
        "wsgi.errors": io.StringIO(),
        "CONTENT_TYPE": "multipart/form-data; boundary=b",
        "CONTENT_LENGTH": str(length),
        "HTTP_AUTHORIZATION": f"Bearer {token(uuid4(), roles=('staff',))}",
    }
    answer = application(environ, lambda status, *_: statuses.append(status))
    told = b"".join(answer)
    return statuses[0][:3], told, stream


def test_a_file_of_just_the_limit_is_taken_and_one_byte_more_is_not():
    full = GOOD + b"x" * (LIMIT - len(GOOD))

    job = services.import_start(pieces=[full], created_by=uuid4())
    with pytest.raises(FileTooLarge, match="larger than 4096 bytes, the most that an import accepts"):
        services.import_start(pieces=[full, b"x"], created_by=uuid4())

    assert job["total_bytes"] == LIMIT
    assert Import.objects.count() == 1


def test_a_file_over_the_limit_is_answered_with_the_limit(uploads, refusal):
    answer = uploads().post(("file", "x.csv", GOOD + b"x" * LIMIT), idempotency_key="k-1")

    status, code, fields = refusal(answer)
    assert (status, code) == (413, "request_too_large")
    assert fields["file"] == ["The file is larger than 4096 bytes, the most that an import accepts."]
    nothing_is_left()


def test_a_form_that_says_it_is_too_large_is_not_read():
    status, told, stream = sent(FORM % GOOD, 2**31)

    assert status == "413"
    assert b"4096 bytes" in told
    assert not stream.touched
    nothing_is_left()


@pytest.mark.parametrize("difference", [-40, -12, -6])
def test_a_form_that_is_longer_than_it_says_is_refused(difference):
    body = FORM % (GOOD + b"B,Mug,1.00\n" * 40)

    status, told, _ = sent(body, len(body) + difference)

    assert (status, b"The form ends before its last boundary." in told) == ("400", True)
    nothing_is_left()


def test_a_form_that_breaks_off_is_refused():
    body = FORM % (GOOD + b"B,Mug,1.00\n" * 40)

    status, told, _ = sent(body[:200], len(body))

    assert (status, b"The form ends before its last boundary." in told) == ("400", True)
    nothing_is_left()


def test_the_clients_file_name_is_used_nowhere():
    body = FORM % GOOD

    status, told, _ = sent(body, len(body))

    assert status == "202"
    assert b"passwd" not in told
    assert "passwd" not in str(Import.objects.values().get())
