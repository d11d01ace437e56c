"""The password after registration: changed, or reset by mail."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from shared.http.operations import operation
from shared.http.views import ApiView
from users.api import inputs, outputs
from users.api.throttles import LoginThrottle, ResetThrottle
from users.api.views.sessions import Anonymous
from users.services import credentials


class PasswordChange(ApiView):
    """POST: set a new password."""

    throttle_classes = [LoginThrottle]

    @operation(takes=inputs.PasswordChange, status=204)
    def post(self, request: Request) -> HttpResponse:
        """Change it, which ends every session."""
        del request
        body = self.body()
        credentials.password_change(
            user_id=self.principal.id,
            current=body["current_password"],
            new=body["new_password"],
            now=timezone.now(),
        )
        return self.no_content()


class PasswordReset(Anonymous):
    """POST: ask for a mail that lets its reader set a new password."""

    throttle_classes = [ResetThrottle]

    @operation(takes=inputs.PasswordReset, gives=outputs.ResetRequested, status=202)
    def post(self, request: Request) -> HttpResponse:
        """Say the same to everybody, whether anyone has the address or not."""
        del request
        credentials.password_reset_request(**self.body(), now=timezone.now())
        return self.reply({"detail": "If an account has this address, a mail is on its way to it."})


class PasswordResetConfirm(Anonymous):
    """POST: set a new password with the token of a mail."""

    @operation(takes=inputs.PasswordResetConfirm, status=204)
    def post(self, request: Request) -> HttpResponse:
        """Set it, which ends every session."""
        del request
        body = self.body()
        credentials.password_reset_confirm(token=body["token"], new=body["new_password"], now=timezone.now())
        return self.no_content()
