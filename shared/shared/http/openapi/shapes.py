"""The parts of the document that are the same everywhere: errors, lists, headers and parameters of both dialects."""

from typing import Any

from shared.http import pagination

Schema = dict[str, Any]

_TEXTS = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}

ERRORS: dict[str, Schema] = {
    "ErrorV1": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["status_code", "message", "code", "details"],
                "properties": {
                    "status_code": {"type": "integer", "examples": [400]},
                    "message": {"type": "string", "description": "A sentence for a person."},
                    "code": {"type": "string", "description": "A stable word for a program."},
                    "details": {"type": "object", "description": "Field to texts, and further facts."},
                },
            }
        },
    },
    "Problem": {
        "type": "object",
        "description": "RFC 9457; kinds of errors may add further facts.",
        "required": ["type", "title", "status", "detail", "instance", "code", "errors", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer", "examples": [400]},
            "detail": {"type": "string", "description": "A sentence for a person."},
            "instance": {"type": "string"},
            "code": {"type": "string", "description": "A stable word for a program."},
            "errors": {**_TEXTS, "description": "Field to texts."},
            "request_id": {"type": "string"},
        },
    },
}

MONEY: Schema = {"type": "string", "pattern": r"^-?\d+\.\d{2}$", "examples": ["12.34"]}
AMOUNT: Schema = {
    "type": "string",
    "pattern": r"^\d{1,12}(\.\d{1,2})?$",
    "examples": ["12.34"],
    "description": "Above zero.",
}

SECURITY: dict[str, Schema] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}

DESCRIPTIONS = {
    200: "Done.",
    201: "Made.",
    202: "Accepted; the work goes on.",
    204: "Done; there is nothing to show.",
    304: "Unchanged since the version of If-None-Match.",
    400: "The input is not valid, or a rule of the business refuses it.",
    401: "Nobody is known to be asking, or the token is not valid.",
    403: "The one who asks may not do this.",
    404: "There is no such thing, or it is somebody else's.",
    409: "The present state does not allow this now.",
    412: "The thing has changed since the version of If-Match.",
    413: "The body is too large.",
    415: "The body's media type is not accepted.",
    422: "The Idempotency-Key was used with another request.",
    429: "Too many requests; Retry-After says when to come back.",
    503: "A part that this needs is down.",
}

_TEXT = {"type": "string"}


def header(name: str, text: str, *, required: bool = False, schema: Schema | None = None) -> Schema:
    """Return a header parameter."""
    return {"in": "header", "name": name, "required": required, "description": text, "schema": schema or _TEXT}


def query(name: str, schema: Schema) -> Schema:
    """Return a query parameter."""
    return {"in": "query", "name": name, "schema": schema}


def path(name: str, schema: Schema) -> Schema:
    """Return a path parameter."""
    return {"in": "path", "name": name, "required": True, "schema": schema}


_SIZE = {
    "type": "integer",
    "minimum": 1,
    "default": pagination.SIZE,
    "description": f"More than {pagination.LARGEST_SIZE} gives {pagination.LARGEST_SIZE}.",
}
PAGES: dict[str, list[Schema]] = {
    "v1": [query("page", {"type": "integer", "minimum": 1, "default": 1}), query("page_size", _SIZE)],
    "v2": [query("cursor", {"type": "string", "minLength": 1}), query("limit", _SIZE)],
}

_KEY = {"type": "string", "pattern": "^[\\x21-\\x7e]{1,200}$"}


def idempotency_key(*, required: bool) -> Schema:
    """Return the parameter for the Idempotency-Key."""
    return header("Idempotency-Key", "Makes it safe to send this again for 24 hours.", required=required, schema=_KEY)


IF_MATCH = header("If-Match", "The ETag of the version that this change is meant for.")
IF_NONE_MATCH = header("If-None-Match", "The ETag of the version that is known already.")
PREFER = header("Prefer", "`wait=N`: how many seconds, at most 30, to wait for the outcome.")
NAMED = {"Prefer": PREFER}


def one(dialect: str, schema: Schema) -> Schema:
    """Return the body of a single thing in a dialect."""
    if dialect == "v2":
        return schema
    return {"type": "object", "required": ["data"], "properties": {"data": schema}}


def many(dialect: str, schema: Schema) -> Schema:
    """Return the body of a list in a dialect."""
    rows = {"type": "array", "items": schema}
    if dialect == "v2":
        address = {"type": ["string", "null"], "format": "uri"}
        return _closed({"data": rows, "next": address, "previous": address})
    number, truth = {"type": "integer"}, {"type": "boolean"}
    facts = {"page": number, "pages": number, "per_page": number, "total": number}
    return _closed({"pagination": _closed({**facts, "has_next": truth, "has_previous": truth}), "results": rows})


def _closed(properties: Schema) -> Schema:
    """Return an object of which every property is there."""
    return {"type": "object", "required": list(properties), "properties": properties}


_HEADERS = {
    "X-Request-ID": "The caller's id of the request if it is sane, else ours.",
    "ETag": "The version of what is shown.",
    "Location": "Where the new thing is.",
    "Retry-After": "Seconds after which trying again makes sense.",
    "Deprecation": "Since when this version is deprecated (RFC 9745).",
    "Sunset": "When this version ends (RFC 8594).",
    "Link": "The same in the successor version.",
}


def headers(*names: str) -> Schema:
    """Return the documented headers of an answer."""
    return {name: {"description": _HEADERS[name], "schema": _TEXT} for name in names}
