"""The tree of categories."""

from django.http import HttpResponse
from rest_framework.request import Request

from catalog import selectors, services
from catalog.api import serializers
from shared.auth.permissions import IsStaffOrReadOnly
from shared.http.idempotency import idempotent
from shared.http.views import ApiView


class CategoryList(ApiView):
    """All categories, and new ones."""

    permission_classes = [IsStaffOrReadOnly]
    paginated = True

    def get(self, request: Request) -> HttpResponse:
        """Return the categories, page by page."""
        del request
        return self.page(selectors.category_list(), row=serializers.category, order=("slug",))

    @idempotent()
    def post(self, request: Request) -> HttpResponse:
        """Create a category."""
        del request
        created = services.category_create(**self.body(serializers.CategoryInput))
        location = f"/api/{self.dialect.name}/categories/{created['slug']}/"
        return self.reply(serializers.category(created), status=201, headers={"Location": location})


class CategoryDetail(ApiView):
    """One category, by its slug."""

    permission_classes = [IsStaffOrReadOnly]

    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return the category."""
        del request
        return self.reply(serializers.category(selectors.category_get(slug=slug)))

    @idempotent()
    def patch(self, request: Request, slug: str) -> HttpResponse:
        """Rename or move the category."""
        del request
        changes = self.body(serializers.CategoryInput, partial=True)
        return self.reply(serializers.category(services.category_update(slug=slug, changes=changes)))

    @idempotent()
    def delete(self, request: Request, slug: str) -> HttpResponse:
        """Delete the category, which must be empty."""
        del request
        services.category_delete(slug=slug)
        return self.no_content()
