"""One's own wallet, and the money that goes in."""

from django.http import HttpResponse
from rest_framework.request import Request

from shared.auth.permissions import IsStaff
from shared.http.idempotency import idempotent
from shared.http.views import ApiView
from users.api import serializers
from users.selectors import wallets as wallet_selectors
from users.services import wallets


class Wallet(ApiView):
    """One's own balance."""

    def get(self, request: Request) -> HttpResponse:
        """Show it."""
        del request
        return self.reply(serializers.wallet(wallet_selectors.wallet(self.principal.id)))


class Entries(ApiView):
    """What moved into and out of one's own wallet, the latest first."""

    paginated = True

    def get(self, request: Request) -> HttpResponse:
        """List the entries."""
        del request
        rows = wallet_selectors.entries(self.principal.id)
        return self.page(rows, row=serializers.entry, order=wallet_selectors.ENTRY_ORDER)


class Deposits(ApiView):
    """Money from outside, for staff."""

    permission_classes = [IsStaff]

    @idempotent(required=True)
    def post(self, request: Request) -> HttpResponse:
        """Put money into anybody's wallet."""
        del request
        return self.reply(wallets.deposit(**self.body(serializers.Deposit)), status=201)


class Transfers(ApiView):
    """Money to somebody else."""

    @idempotent(required=True)
    def post(self, request: Request) -> HttpResponse:
        """Move money from one's own wallet to another."""
        del request
        body = self.body(serializers.Transfer)
        return self.reply(wallets.transfer(user_id=self.principal.id, **body), status=201)
