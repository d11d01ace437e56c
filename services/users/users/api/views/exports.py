"""All accounts in one file, for staff."""

from django.http import StreamingHttpResponse
from rest_framework.request import Request

from shared.auth.permissions import IsStaff
from shared.http.operations import operation
from shared.http.renderers import CSVRenderer, JSONRenderer
from shared.http.views import ApiView
from users.selectors import exports, users


class UsersExport(ApiView):
    """The list of accounts as CSV."""

    permission_classes = [IsStaff]
    renderer_classes = [CSVRenderer, JSONRenderer]
    query_params = users.ACCOUNT_PARAMETERS

    @operation(media_type="text/csv")
    def get(self, request: Request) -> StreamingHttpResponse:
        """Stream the accounts that the list's filters choose."""
        del request
        return self.download(exports.accounts(self.filters().dict()), filename="users.csv")
