"""The tree of categories."""

from django.http import HttpResponse
from rest_framework.request import Request

from catalog import selectors, services
from catalog.api import serializers
from shared.auth.permissions import IsStaffOrReadOnly
from shared.http.idempotency import idempotent
from shared.http.operations import operation
from shared.http.ready.keeping import kept
from shared.http.views import ApiView

# Staff's changes show at once (record 13); nothing else changes a category.
_SECONDS = 10.0


class CategoryList(ApiView):
    """All categories, and new ones."""

    permission_classes = [IsStaffOrReadOnly]
    paginated = True

    @kept(seconds=_SECONDS)
    @operation(gives=serializers.CategoryOutput)
    def get(self, request: Request) -> HttpResponse:
        """Return the categories, page by page."""
        del request
        return self.page(selectors.category_list(), order=("slug",))

    @idempotent()
    @operation(takes=serializers.CategoryInput, gives=serializers.CategoryOutput, status=201)
    def post(self, request: Request) -> HttpResponse:
        """Create a category."""
        del request
        created = services.category_create(**self.body())
        location = f"/api/{self.dialect.name}/categories/{created['slug']}/"
        return self.reply(created, headers={"Location": location})


class CategoryDetail(ApiView):
    """One category, by its slug."""

    permission_classes = [IsStaffOrReadOnly]

    @kept(seconds=_SECONDS)
    @operation(gives=serializers.CategoryOutput)
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return the category."""
        del request
        return self.reply(selectors.category_get(slug=slug))

    @idempotent()
    @operation(takes=serializers.CategoryInput, gives=serializers.CategoryOutput, guarded=True)
    def patch(self, request: Request, slug: str) -> HttpResponse:
        """Rename or move the category."""
        del request
        changed = services.category_update(slug=slug, changes=self.body(), check=self.precondition())
        return self.reply(changed)

    @idempotent()
    @operation(gives=serializers.CategoryOutput, status=204, guarded=True)
    def delete(self, request: Request, slug: str) -> HttpResponse:
        """Delete the category, which must be empty."""
        del request
        services.category_delete(slug=slug, check=self.precondition())
        return self.no_content()
