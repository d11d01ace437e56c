"""Imports of products from CSV files."""

import hashlib
from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse
from django.utils.datastructures import MultiValueDict
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from catalog import selectors, services
from catalog.api import serializers
from shared.auth.permissions import IsStaff
from shared.http.idempotency import idempotent
from shared.http.operations import operation
from shared.http.views import ApiView


def file_digest(request: Request) -> bytes:
    """Return a digest of the uploaded files: a retry has another multipart boundary but the same content."""
    digest = hashlib.sha256()
    fields = cast("MultiValueDict[str, Any]", request.data)
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

    @idempotent(digest=file_digest)
    @operation(takes=serializers.ImportInput, gives=serializers.ImportOutput, status=202)
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
        """Return how far the import is, and the rows that were not taken."""
        del request
        return self.reply(selectors.import_get(import_id=import_id))
