"""Imports of products from CSV files."""

import hashlib
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.datastructures import MultiValueDict
from rest_framework.request import Request

from catalog import selectors, services
from catalog.api import serializers
from shared.auth.permissions import IsStaff
from shared.http.idempotency import idempotent
from shared.http.operations import operation
from shared.http.parsers import MultiPartParser
from shared.http.ready import generation
from shared.http.renderers import CSVRenderer, JSONRenderer
from shared.http.views import ApiView

_FORM_BYTES = 16 * 1024  # what a form may add to its file


def file_digest(request: Request) -> bytes:
    """Return a digest of the uploaded files: a retry has another multipart boundary but the same content."""
    digest = hashlib.sha256()
    # Without a body and a media type it is an empty dictionary.
    fields = request.data if isinstance(request.data, MultiValueDict) else MultiValueDict()
    for name, files in sorted(fields.lists()):
        digest.update(f"{name}\n".encode())
        for each in files:
            for piece in each.chunks() if hasattr(each, "chunks") else [str(each).encode()]:
                digest.update(piece)
    return digest.digest()


class ProductImport(ApiView):
    """New imports."""

    permission_classes = [IsStaff]
    parser_classes = [MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what says itself that it is too large before a byte of it is read."""
        super().initial(request, *args, **kwargs)
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.IMPORT_MAX_BYTES + _FORM_BYTES:
            raise services.FileTooLarge

    @idempotent(digest=file_digest)
    @operation(
        takes=serializers.ImportInput,
        gives=serializers.ImportOutput,
        status=202,
        located=True,
        refusals=(services.FileTooLarge,),
    )
    def post(self, request: Request) -> HttpResponse:
        """Take a CSV file in; it is read in the background."""
        del request
        upload = self.body()["file"]
        job = services.import_start(pieces=upload.chunks(), created_by=self.principal.id)
        location = f"/api/{self.dialect.name}/imports/{job['id']}/"
        return self.reply(job, headers={"Location": location})


class ImportDetail(ApiView):
    """One import."""

    permission_classes = [IsStaff]

    @operation(gives=serializers.ImportOutput)
    def get(self, request: Request, import_id: UUID) -> HttpResponse:
        """Return how far the import is, and the rows that were not taken; what it says is done, every read shows."""
        del request
        found = selectors.import_get(import_id=import_id)
        generation.settle()
        return self.reply(found)


class ImportErrors(ApiView):
    """What is wrong with the rows of an import."""

    permission_classes = [IsStaff]
    renderer_classes = [CSVRenderer, JSONRenderer]

    @operation(media_type="text/csv")
    def get(self, request: Request, import_id: UUID) -> StreamingHttpResponse:
        """Stream every error by line."""
        del request
        return self.download(selectors.error_table(import_id=import_id), filename="errors.csv")


class ImportRetry(ApiView):
    """Going on with an import that has stopped."""

    permission_classes = [IsStaff]

    @idempotent()
    @operation(gives=serializers.ImportOutput, status=202, refusals=(services.ImportEnded,))
    def post(self, request: Request, import_id: UUID) -> HttpResponse:
        """Let the import go on after its last batch."""
        del request
        return self.reply(services.import_retry(import_id=import_id))
