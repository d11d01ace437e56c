"""Registration, one's own profile, and the staff's view of accounts."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from shared.auth.permissions import AllowAny, IsStaff
from shared.http.idempotency import idempotent
from shared.http.views import ApiView
from users.api import serializers
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

    def post(self, request: Request) -> HttpResponse:
        """Register."""
        del request
        row = accounts.user_register(**self.body(serializers.Registration))
        return self.reply(serializers.profile(row), status=201)

    def get(self, request: Request) -> HttpResponse:
        """List accounts."""
        del request
        rows, order = users.accounts(self.filters().dict())
        return self.page(rows, row=serializers.account, order=order)


class Me(ApiView):
    """One's own profile."""

    def get(self, request: Request) -> HttpResponse:
        """Show it."""
        del request
        return self.reply(serializers.profile(users.profile(self.principal.id)))

    @idempotent()
    def patch(self, request: Request) -> HttpResponse:
        """Change the given fields."""
        del request
        changes = self.body(serializers.Profile, partial=True)
        row = accounts.user_update(user_id=self.principal.id, changes=changes, now=timezone.now())
        return self.reply(serializers.profile(row))

    def delete(self, request: Request) -> HttpResponse:
        """Deactivate the account and erase its personal data."""
        del request
        accounts.user_deactivate(user_id=self.principal.id, now=timezone.now())
        return self.no_content()


class Account(ApiView):
    """Any account, for staff."""

    permission_classes = [IsStaff]

    def get(self, request: Request, user_id: UUID) -> HttpResponse:
        """Show it."""
        del request
        return self.reply(serializers.account(users.account(user_id)))

    @idempotent()
    def patch(self, request: Request, user_id: UUID) -> HttpResponse:
        """Change the given fields."""
        del request
        changes = self.body(serializers.Account, partial=True)
        row = accounts.user_update(user_id=user_id, changes=changes, now=timezone.now())
        return self.reply(serializers.account(row))
