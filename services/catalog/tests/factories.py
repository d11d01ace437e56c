"""Makes rows for tests: each with what the test does not care about filled in."""

from decimal import Decimal

import factory

from catalog.models import Category, Product, StockEntry


class CategoryFactory(factory.django.DjangoModelFactory):
    """A category of its own name."""

    class Meta:
        model = Category

    name = factory.Sequence(lambda number: f"Category {number}")
    slug = factory.Sequence(lambda number: f"category-{number}")


class ProductFactory(factory.django.DjangoModelFactory):
    """An active product; `stock=5` puts five on the shelf, with their ledger entry."""

    class Meta:
        model = Product
        skip_postgeneration_save = True

    sku = factory.Sequence(lambda number: f"SKU-{number}")
    name = factory.Sequence(lambda number: f"Product {number}")
    slug = factory.Sequence(lambda number: f"product-{number}")
    price = Decimal("9.99")

    @factory.post_generation
    def stock(self, create, extracted, **kwargs):
        """Put units on the shelf."""
        if extracted:
            Product.objects.filter(id=self.id).update(on_hand=extracted)
            StockEntry.objects.create(product=self, delta=extracted, reason="set")
            self.refresh_from_db()
