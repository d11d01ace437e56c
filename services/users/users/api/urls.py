"""The routes of users below /api/<version>/."""

from shared.http.urls import route
from users.api.views import accounts, exports, jobs, passwords, sessions, statistics, wallets

routes = (
    route("users/", accounts.Users),
    route("users/me/", accounts.Me),
    route("users/<uuid:user_id>/", accounts.Account),
    route("users/bulk/", jobs.UsersBulk),
    route("users/export/", exports.UsersExport),
    route("users/statistics/", statistics.Statistics),
    route("jobs/<uuid:job_id>/", jobs.Job),
    route("auth/login/", sessions.Login),
    route("auth/refresh/", sessions.Refresh),
    route("auth/logout/", sessions.Logout),
    route("auth/verify-email/", sessions.VerifyEmail),
    route("auth/password/change/", passwords.PasswordChange),
    route("auth/password/reset/", passwords.PasswordReset),
    route("auth/password/reset/confirm/", passwords.PasswordResetConfirm),
    route("wallet/", wallets.Wallet),
    route("wallet/entries/", wallets.Entries),
    route("wallet/deposits/", wallets.Deposits),
    route("wallet/transfers/", wallets.Transfers),
)
