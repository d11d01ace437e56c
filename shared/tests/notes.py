"""A small API for tests of shared.http: notes that a user writes, each counted where it is stored."""

import uuid

from django.http import HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request

from shared.auth.models import Subject
from shared.auth.permissions import AllowAny, IsStaff
from shared.errors import BusinessRuleBroken, Conflict, NotFound, Unavailable
from shared.http.idempotency import idempotent
from shared.http.operations import operation
from shared.http.serializers import AmountField, MoneyOutput, Output, StrictSerializer
from shared.http.urls import HANDLERS, route, versioned
from shared.http.views import ApiView

FAULTS = {
    "rule": BusinessRuleBroken("No."),
    "conflict": Conflict("Not now.", retry_after=3),
    "away": Unavailable(),
    "defect": ZeroDivisionError("secret detail"),
    "missing": NotFound(),
}


class NoteInput(StrictSerializer):
    """A note; `fault` makes the view fail after it has written."""

    amount = AmountField()
    fault = serializers.ChoiceField(choices=sorted(FAULTS), required=False)


class NoteOutput(Output):
    """A note just written."""

    id = serializers.UUIDField()
    amount = MoneyOutput()


class NumberOutput(Output):
    """A note in the list."""

    number = serializers.IntegerField()

    @classmethod
    def of(cls, row):
        """Rename the column."""
        return {"number": row["epoch"]}


class SaidOutput(Output):
    """Something said."""

    said = serializers.CharField()


class Notes(ApiView):
    """Writes a row for each note, lists them by number."""

    paginated = True
    query_params = ("shape",)

    @operation(gives=NumberOutput)
    def get(self, request: Request) -> HttpResponse:
        """List the notes."""
        rows = Subject.objects.filter(epoch__gt=0).values("epoch", "user_id")
        return self.page(rows, order=("-epoch", "user_id"))

    @idempotent()
    @operation(takes=NoteInput, gives=NoteOutput, status=201)
    def post(self, request: Request) -> HttpResponse:
        """Write a note."""
        note = self.body()
        row = Subject.objects.create(user_id=uuid.uuid4())
        if note.get("fault"):
            raise FAULTS[note["fault"]]
        return self.reply({"id": row.user_id, "amount": note["amount"]})


class Privately(ApiView):
    """Answers with something personal."""

    @idempotent(private=True)
    def post(self, request: Request) -> HttpResponse:
        """Tell it."""
        return self.reply({"phone": "+15551234567"})


class Strictly(ApiView):
    """Requires a key."""

    @idempotent(required=True)
    def post(self, request: Request) -> HttpResponse:
        """Do nothing much."""
        return self.reply({})


class Open(ApiView):
    """Open to anyone."""

    permission_classes = [AllowAny]

    @operation(gives=SaidOutput)
    def get(self, request: Request) -> HttpResponse:
        """Say something."""
        return self.reply({"said": "something"})


class StaffOnly(ApiView):
    """Open to staff."""

    permission_classes = [IsStaff]

    def get(self, request: Request) -> HttpResponse:
        """Say nothing."""
        return self.no_content()


class Page(ApiView):
    """Knows better what a browser may do with it."""

    permission_classes = [AllowAny]

    def get(self, request: Request) -> HttpResponse:
        """Set the headers itself."""
        headers = {"Content-Security-Policy": "default-src 'self'", "Cache-Control": "private, max-age=60"}
        return HttpResponse(status=204, headers=headers)


def broken(request):
    """Fail outside of DRF."""
    raise ZeroDivisionError("secret detail")


urlpatterns = [
    path("broken", broken),
    *versioned(
        route("notes/", Notes),
        route("private/", Privately),
        route("strict/", Strictly),
        route("open/", Open),
        route("staff/", StaffOnly),
    ),
    *versioned(route("page/", Page)),
]

handler400, handler404, handler500 = HANDLERS
