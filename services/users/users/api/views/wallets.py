"""One's own wallet, and the money that goes in."""

from django.http import HttpResponse
from rest_framework.request import Request

from shared.auth.permissions import IsStaff
from shared.http.idempotency import idempotent
from shared.http.operations import operation
from shared.http.views import ApiView
from users.api import inputs, outputs
from users.selectors import wallets as wallet_selectors
from users.selectors.users import NoSuchUser
from users.services import wallets


class Wallet(ApiView):
    """One's own balance."""

    @operation(gives=outputs.Wallet, refusals=(NoSuchUser,))
    def get(self, request: Request) -> HttpResponse:
        """Show it."""
        del request
        return self.reply(wallet_selectors.wallet(self.principal.id))


class Entries(ApiView):
    """What moved into and out of one's own wallet, the latest first."""

    paginated = True

    @operation(gives=outputs.Entry)
    def get(self, request: Request) -> HttpResponse:
        """List the entries."""
        del request
        rows = wallet_selectors.entries(self.principal.id)
        return self.page(rows, order=wallet_selectors.ENTRY_ORDER)


class Deposits(ApiView):
    """Money from outside, for staff."""

    permission_classes = [IsStaff]

    @idempotent(required=True)
    @operation(takes=inputs.Deposit, gives=outputs.DepositMade, status=201, refusals=(wallets.WalletLimitReached,))
    def post(self, request: Request) -> HttpResponse:
        """Put money into anybody's wallet."""
        del request
        return self.reply(wallets.deposit(**self.body()))


class Transfers(ApiView):
    """Money to somebody else."""

    @idempotent(required=True)
    @operation(
        takes=inputs.Transfer,
        gives=outputs.TransferMade,
        status=201,
        refusals=(NoSuchUser, wallets.InsufficientFunds, wallets.WalletLimitReached),
    )
    def post(self, request: Request) -> HttpResponse:
        """Move money from one's own wallet to another."""
        del request
        return self.reply(wallets.transfer(user_id=self.principal.id, **self.body()))
