"""Registration, one's own profile, and the staff's view of accounts."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from shared.auth.permissions import AllowAny, IsStaff
from shared.http.idempotency import idempotent
from shared.http.operations import operation
from shared.http.views import ApiView
from users.api import inputs, outputs
from users.selectors import users
from users.services import accounts


class Users(ApiView):
    """POST: anyone registers. GET: staff lists accounts."""

    query_params = users.ACCOUNT_PARAMETERS
    paginated = True

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Leave a stale token unread when somebody registers."""
        return [] if self.request.method == "POST" else super().get_authenticators()

    def get_permissions(self) -> list[BasePermission]:
        """Let anyone register, and only staff list."""
        return [AllowAny() if self.request.method == "POST" else IsStaff()]

    @idempotent(private=True)
    @operation(takes=inputs.Registration, gives=outputs.Profile, status=201)
    def post(self, request: Request) -> HttpResponse:
        """Register.

        An Idempotency-Key belongs to the client's address here, since nobody is known yet: whoever has lost the
        answer asks again from there with the same body and gets it, instead of hearing that the address is taken.
        """
        del request
        return self.reply(accounts.user_register(**self.body()))

    @operation(gives=outputs.Account)
    def get(self, request: Request) -> HttpResponse:
        """List accounts."""
        del request
        rows, order = users.accounts(self.filters().dict())
        return self.page(rows, order=order)


class Me(ApiView):
    """One's own profile."""

    @operation(gives=outputs.Profile, refusals=(users.NoSuchUser,))
    def get(self, request: Request) -> HttpResponse:
        """Show it."""
        del request
        return self.reply(users.profile(self.principal.id))

    @idempotent(private=True)
    @operation(takes=inputs.ProfileChange, gives=outputs.Profile, guarded=True, refusals=(users.NoSuchUser,))
    def patch(self, request: Request) -> HttpResponse:
        """Change the given fields."""
        del request
        row = accounts.user_update(
            user_id=self.principal.id, changes=self.body(), now=timezone.now(), check=self.precondition()
        )
        return self.reply(row)

    @operation(status=204, refusals=(users.NoSuchUser,))
    def delete(self, request: Request) -> HttpResponse:
        """Deactivate the account and erase its personal data."""
        del request
        accounts.user_deactivate(user_id=self.principal.id, now=timezone.now())
        return self.no_content()


class Account(ApiView):
    """Any account, for staff."""

    permission_classes = [IsStaff]

    @operation(gives=outputs.Account)
    def get(self, request: Request, user_id: UUID) -> HttpResponse:
        """Show it."""
        del request
        return self.reply(users.account(user_id))

    @idempotent(private=True)
    @operation(takes=inputs.AccountChange, gives=outputs.Account, guarded=True)
    def patch(self, request: Request, user_id: UUID) -> HttpResponse:
        """Change the given fields."""
        del request
        row = accounts.user_update(user_id=user_id, changes=self.body(), now=timezone.now(), check=self.precondition())
        return self.reply(row)
