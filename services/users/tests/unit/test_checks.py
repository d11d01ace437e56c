"""What `check --deploy` says about users."""

import pytest

from users.apps import mail_goes_somewhere


@pytest.mark.parametrize(("backend", "warnings"), [("dummy", ["users.W001"]), ("smtp", []), ("filebased", [])])
def test_only_a_service_that_throws_mails_away_is_warned_about(settings, backend, warnings):
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"

    assert [each.id for each in mail_goes_somewhere()] == warnings
