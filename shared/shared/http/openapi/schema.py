"""One operation of the document, made from a view: what it declares, and what follows from permissions and dialect."""

from collections.abc import Mapping
from typing import Any, cast

import uritemplate
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, force_instance, resolve_django_path_parameter
from rest_framework.permissions import AllowAny

from shared.auth.permissions import IsAuthenticated, IsStaffOrReadOnly
from shared.errors import Conflict, NotFound
from shared.http import operations
from shared.http.errors import status_of
from shared.http.openapi import shapes
from shared.http.openapi.shapes import Schema
from shared.http.serializers import AmountField, MoneyOutput, StrictSerializer
from shared.http.views import ApiView

# Codes that say no more than their status.
_GENERAL = {NotFound.code, Conflict.code}


class OperationSchema(AutoSchema):
    """Describes a view's method (REST_FRAMEWORK's DEFAULT_SCHEMA_CLASS); serializers are described by the library."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Schema:
        """Return the operation object."""
        self.registry, self.path, self.path_regex = registry, path, path_regex
        self.path_prefix, self.method = path_prefix, method.upper()
        self.shown = cast("ApiView", self.view)
        self.handler = getattr(self.shown, method.lower())
        self.declared = operations.of(self.shown, method)
        self.dialect = "v1" if path.startswith("/api/v1/") else "v2"
        summary, _, text = (self.handler.__doc__ or "").strip().partition("\n")
        described = {
            "operationId": self._name(),
            "summary": summary.rstrip("."),
            "description": text.strip(),
            "tags": [self._segments()[0].strip(".")],
            "parameters": [*self._path_parameters(), *self._query_parameters(), *self._header_parameters()],
            "security": self._security(),
            "deprecated": self.dialect == "v1",
            "responses": {**self._successes(), **self._refusals()},
        }
        if self.declared.takes:
            described["requestBody"] = self._body()
        return described

    def _segments(self) -> list[str]:
        """Return the path's words below the version."""
        words = [word for word in self.path.strip("/").split("/") if not word.startswith("{")]
        return words[2:] if words[0] == "api" else words

    def _name(self) -> str:
        """Return the operation's unique name, such as `v2_wallet_transfers_post`."""
        shown = [word.strip("{}") for word in self.path.strip("/").split("/")]
        return "_".join([*(shown[1:] if shown[0] == "api" else shown), self.method.lower()]).replace("-", "_")

    def _path_parameters(self) -> list[Schema]:
        """Return the variables of the path."""
        found = []
        for name in uritemplate.variables(self.path):
            known = resolve_django_path_parameter(self.path_regex, name, self.map_renderers("format"))
            found.append(shapes.path(name, known["schema"] if known else {"type": "string"}))
        return found

    def _query_parameters(self) -> list[Schema]:
        """Return the filters and pagination parameters of a GET."""
        if self.method != "GET":
            return []
        params = self.shown.query_params
        known = params if isinstance(params, Mapping) else {name: {"type": "string"} for name in params}
        pages = shapes.PAGES[self.dialect] if self.shown.paginated else []
        return [*(shapes.query(name, schema) for name, schema in known.items()), *pages]

    def _header_parameters(self) -> list[Schema]:
        """Return the request headers that mean something here."""
        found = [shapes.NAMED[name] for name in self.declared.headers]
        if self._is_keyed():
            found.append(shapes.idempotency_key(required=getattr(self.handler, "requires_key", False)))
        if self._is_tagged() and self.method == "GET":
            found.append(shapes.IF_NONE_MATCH)
        if self._is_guarded():
            found.append(shapes.IF_MATCH)
        return found

    def _is_keyed(self) -> bool:
        """Return whether an Idempotency-Key is honoured."""
        return self.declared.keyed or getattr(self.handler, "is_idempotent", False)

    def _is_guarded(self) -> bool:
        """Return whether If-Match is honoured."""
        return self.declared.guarded and self.dialect == "v2"

    def _is_tagged(self) -> bool:
        """Return whether the answer carries an ETag."""
        is_one = self.declared.gives is not None and not (self.shown.paginated and self.method == "GET")
        return is_one and self.dialect == "v2" and self.method in {"GET", "PUT", "PATCH"}

    def _security(self) -> list[Schema]:
        """Return what proves who is asking: a token, nothing, or either."""
        if not self.shown.get_authenticators():
            return []
        is_open = all(self._is_open(each) for each in self.shown.get_permissions())
        return [{"bearer": []}, {}] if is_open else [{"bearer": []}]

    def _is_open(self, permission: Any) -> bool:
        """Return whether a permission lets anyone in."""
        return isinstance(permission, AllowAny) or (isinstance(permission, IsStaffOrReadOnly) and self.method == "GET")

    def _is_restricted(self) -> bool:
        """Return whether a valid token alone is not enough."""
        return not all(self._is_open(each) or type(each) is IsAuthenticated for each in self.shown.get_permissions())

    def _body(self) -> Schema:
        """Return the request body."""
        partial = self.method == "PATCH"
        serializer = force_instance(self.declared.takes)
        serializer.partial = partial
        reference = self.resolve_serializer(serializer, "request").ref
        media = [parser.media_type for parser in self.shown.parser_classes]
        is_needed = self.method != "POST" or any(field.required for field in serializer.fields.values())
        return {"required": is_needed, "content": {each: {"schema": reference} for each in media}}

    def _postprocess_serializer_schema(self, schema: Schema, serializer: Any, direction: Any) -> Schema:
        """Close strict inputs, and add the example of a serializer that has one."""
        described: Schema = super()._postprocess_serializer_schema(schema, serializer, direction)
        if isinstance(serializer, StrictSerializer):
            described = {**described, "additionalProperties": False}
        example = getattr(serializer, "EXAMPLE", None)
        return {**described, "examples": [dict(example)]} if example else described

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Schema:  # noqa: FBT001, FBT002 (the library calls it)
        """Describe money, whose form is ours."""
        if isinstance(field, AmountField | MoneyOutput):
            form = shapes.AMOUNT if isinstance(field, AmountField) else shapes.MONEY
            return {**form, "type": ["string", "null"]} if field.allow_null else form
        return super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-any-return]

    def _successes(self) -> Schema:
        """Return the answers to success by status."""
        found: Schema = {}
        for status in (self.declared.status, *self.declared.also):
            names = ["X-Request-ID"]
            names += ["Location"] if status in {201, 202} and self.method == "POST" and self.declared.located else []
            names += ["ETag"] if self._is_tagged() else []
            names += ["Deprecation", "Sunset", "Link"] if self.dialect == "v1" else []
            found[str(status)] = {
                "description": shapes.DESCRIPTIONS[status],
                "headers": shapes.headers(*names),
                **self._content(status),
            }
        if self._is_tagged() and self.method == "GET":
            found["304"] = {"description": shapes.DESCRIPTIONS[304], "headers": shapes.headers("ETag")}
        return found

    def _content(self, status: int) -> Schema:
        """Return the body of an answer to success."""
        if status == 204:  # noqa: PLR2004 (no content)
            return {}
        if self.declared.gives is None:
            return {"content": {self.declared.media_type: {"schema": {"type": "string"}}}}
        reference = self.resolve_serializer(force_instance(self.declared.gives), "response").ref
        shape = shapes.many if self.shown.paginated and self.method == "GET" else shapes.one
        schema = shape(self.dialect, reference) if self.path.startswith("/api/") else reference
        return {"content": {self.declared.media_type: {"schema": schema}}}

    def _refusals(self) -> Schema:
        """Return the errors by status, with the codes of the facts that are declared."""
        name, media = (
            ("ErrorV1", "application/json") if self.dialect == "v1" else ("Problem", "application/problem+json")
        )
        content = {media: {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        return {
            str(status): {"description": self._told(status), "content": content}
            for status in sorted(self._refusing_statuses())
        }

    def _refusing_statuses(self) -> set[int]:
        """Return every status of a refusal that can happen here."""
        follows = {
            401: bool(self.shown.get_authenticators()),
            403: self._is_restricted(),
            404: "{" in self.path or self._is_numbered(),
            409: self._is_keyed(),
            412: self._is_guarded(),
            413: self.declared.takes,
            415: self.declared.takes,
            422: self._is_keyed(),
        }
        declared = {status_of(kind()) for kind in self.declared.refusals}
        return {400, 429, 503} | declared | {status for status, holds in follows.items() if holds}

    def _is_numbered(self) -> bool:
        """Return whether a page may be asked for that is behind the last one."""
        return self.shown.paginated and self.method == "GET" and self.dialect == "v1"

    def _told(self, status: int) -> str:
        """Return what a status means here."""
        facts = [kind for kind in self.declared.refusals if status_of(kind()) == status]
        told = [f"`{kind.code}`: {kind.message}" for kind in facts if kind.code not in _GENERAL]
        return " ".join([shapes.DESCRIPTIONS[status], *told])
