"""The routes of users below /api/<version>/."""

from shared.http.urls import route
from users.api.views import accounts, sessions, wallets

routes = (
    route("users/", accounts.Users),
    route("users/me/", accounts.Me),
    route("users/<uuid:user_id>/", accounts.Account),
    route("auth/login/", sessions.Login),
    route("auth/refresh/", sessions.Refresh),
    route("auth/logout/", sessions.Logout),
    route("auth/verify-email/", sessions.VerifyEmail),
    route("auth/password/change/", sessions.PasswordChange),
    route("wallet/", wallets.Wallet),
    route("wallet/entries/", wallets.Entries),
    route("wallet/deposits/", wallets.Deposits),
    route("wallet/transfers/", wallets.Transfers),
)
