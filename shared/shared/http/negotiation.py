"""Which form an answer takes: REST framework's rules, with a short way for what nearly everybody asks for."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class ContentNegotiation(DefaultContentNegotiation):
    """REST framework's negotiation; who takes anything, or names just what there is, needs none of its parsing."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and its media type; raises NotAcceptable (RFC 9110, section 12.5.1)."""
        accept = request.META.get("HTTP_ACCEPT", "*/*")
        if not format_suffix:
            for renderer in renderers:
                if accept in {"*/*", renderer.media_type}:
                    return renderer, str(renderer.media_type)
        chosen: Any = super().select_renderer(request, renderers, format_suffix)
        return chosen[0], chosen[1]
