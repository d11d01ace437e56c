"""What users says: the state of an order's payment, who exists, and its own background work."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.events.contracts.base import Contract


class PaymentCaptured(Contract, type="users.payment_captured.v1", subject="order_id"):
    """The money has left the customer's wallet."""

    order_id: UUID
    transfer_id: UUID


class PaymentDeclined(Contract, type="users.payment_declined.v1", subject="order_id"):
    """No money was taken, and never will be for this order."""

    order_id: UUID
    reason: Literal["insufficient_funds", "user_inactive"]


class PaymentRefunded(Contract, type="users.payment_refunded.v1", subject="order_id"):
    """The money went back to the customer's wallet."""

    order_id: UUID
    transfer_id: UUID


class PaymentVoided(Contract, type="users.payment_voided.v1", subject="order_id"):
    """No money was taken, and a later request will be refused."""

    order_id: UUID


class UserRegistered(Contract, type="users.user_registered.v1", subject="user_id"):
    """There is a new user."""

    user_id: UUID


class UserDeactivated(Contract, type="users.user_deactivated.v1", subject="user_id"):
    """The user's tokens are refused from now on and open orders are cancelled."""

    user_id: UUID


class TokensRevoked(Contract, type="users.tokens_revoked.v1", subject="user_id"):
    """The user's access tokens of epochs below this one are refused from now on."""

    user_id: UUID
    epoch: int = Field(ge=0)


class SessionRevoked(Contract, type="users.session_revoked.v1", subject="session_id"):
    """One session of the user has ended; its access tokens are refused from now on."""

    session_id: UUID
    user_id: UUID


class MailRequested(Contract, type="users.mail_requested.v1", subject="user_id"):
    """A job: send this kind of mail to the user (users to itself); carries no address."""

    user_id: UUID
    kind: Literal["welcome", "verification", "password_reset", "invitation"]
    reset_id: UUID | None = None


class UsersBulkAdvanced(Contract, type="users.bulk_advanced.v1", subject="job_id"):
    """A job: make the next accounts of a list, from the given row on (users to itself)."""

    job_id: UUID
    row: int = Field(ge=0)
