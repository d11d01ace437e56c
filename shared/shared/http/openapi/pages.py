"""The document and its two pages, Swagger UI and ReDoc, without any outside address; addresses are relative, so that
they work behind any prefix.
"""

from functools import cache
from importlib.resources import files

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from shared.http.openapi.document import document

_LIBRARY = files("drf_spectacular_sidecar") / "static" / "drf_spectacular_sidecar"
_SWAGGER, _REDOC = _LIBRARY / "swagger-ui-dist", _LIBRARY / "redoc" / "bundles"
_CSS, _SCRIPT = "text/css; charset=utf-8", "text/javascript; charset=utf-8"

_FILES = {
    "swagger-ui.css": (_SWAGGER / "swagger-ui.css", _CSS),
    "swagger-ui-bundle.js": (_SWAGGER / "swagger-ui-bundle.js", _SCRIPT),
    "redoc.standalone.js": (_REDOC / "redoc.standalone.js", _SCRIPT),
}
_START = {
    "swagger.js": 'SwaggerUIBundle({url: "../openapi.json", dom_id: "#page", deepLinking: true});',
    "redoc.js": 'Redoc.init("../openapi.json", {hideLoading: true}, document.getElementById("page"));',
}
# Both libraries write their own styles into the page, and ReDoc searches in a worker.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Plaza API</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">{style}</head>
<body><div id="page"></div><script src="assets/{library}"></script><script src="assets/{start}"></script></body>
</html>
"""


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI document."""
    del request
    return HttpResponse(document(), content_type="application/json", headers={"Cache-Control": "max-age=60"})


@require_safe
def swagger(request: HttpRequest) -> HttpResponse:
    """Answer the page on which the API can be tried."""
    del request
    return _page(
        style='<link rel="stylesheet" href="assets/swagger-ui.css">', library="swagger-ui-bundle.js", start="swagger.js"
    )


@require_safe
def redoc(request: HttpRequest) -> HttpResponse:
    """Answer the page on which the API can be read."""
    del request
    return _page(style="", library="redoc.standalone.js", start="redoc.js")


@require_safe
def asset(request: HttpRequest, name: str) -> HttpResponse:
    """Answer one of the pages' files; only those named here exist."""
    del request
    return HttpResponse(*_content(name), headers={"Cache-Control": "max-age=86400"})


@cache
def _content(name: str) -> tuple[bytes, str]:
    """Return a file's bytes and media type; raises Http404."""
    if name in _START:
        return _START[name].encode(), _SCRIPT
    if name not in _FILES:
        raise Http404
    place, media_type = _FILES[name]
    return place.read_bytes(), media_type


def _page(**parts: str) -> HttpResponse:
    """Return a page that may run its own scripts and nothing else."""
    return HttpResponse(_PAGE.format(**parts), headers={"Content-Security-Policy": _POLICY})


PAGES: list[URLPattern] = [
    path("openapi.json", openapi),
    path("docs/", swagger),
    path("docs/assets/<str:name>", asset),
    path("redoc/", redoc),
    path("redoc/assets/<str:name>", asset),
]
