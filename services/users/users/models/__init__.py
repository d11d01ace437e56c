"""The tables of users: accounts, signing keys, refresh families, the ledger."""

from users.models.jobs import Job, JobRow
from users.models.keys import SigningKey
from users.models.ledger import Entry, Payment, Transfer, Wallet
from users.models.resets import PasswordReset
from users.models.sessions import RefreshSession, RefreshToken
from users.models.users import User

__all__ = [
    "Entry",
    "Job",
    "JobRow",
    "PasswordReset",
    "Payment",
    "RefreshSession",
    "RefreshToken",
    "SigningKey",
    "Transfer",
    "User",
    "Wallet",
]
