"""A small catalog to look at and to buy from, on a fresh installation."""

from decimal import Decimal

from django.db import transaction

from catalog.models import Category, Product
from catalog.services.categories import category_create
from catalog.services.products import product_create
from catalog.services.stock import stock_set

_CATEGORY = "kitchen"
_UNITS = 1000
_PRODUCTS = (
    ("DEMO-001", "Enamel Kettle, Cream", "24.50", "Two litres, for every kind of hob."),
    ("DEMO-002", "Stoneware Mug", "7.95", "Holds 350 ml, glazed by hand."),
    ("DEMO-003", "Cast Iron Skillet, 26 cm", "39.00", "Seasoned, ready for the first steak."),
    ("DEMO-004", "Beech Rolling Pin", "11.20", "Turned from one piece of wood."),
    ("DEMO-005", "Linen Tea Towel", "6.50", "Washed linen, striped."),
    ("DEMO-006", "Glass Storage Jar, 1 l", "5.75", "With a rubber seal and a wire clip."),
    ("DEMO-007", "Chef's Knife, 20 cm", "64.90", "Forged steel, walnut handle."),
    ("DEMO-008", "Pepper Mill, Olive Wood", "28.40", "With a ceramic grinder."),
    ("DEMO-009", "Copper Measuring Cups", "19.99", "Four sizes on a ring."),
    ("DEMO-010", "Bread Basket, Willow", "14.30", "Woven, with a cotton lining."),
    ("DEMO-011", "Salad Bowl, Acacia", "32.00", "Thirty centimetres across."),
    ("DEMO-012", "Espresso Cup, Set of Two", "12.60", "Porcelain, with saucers."),
)


@transaction.atomic
def demo_seed() -> int:
    """Create the demo products that are missing, a thousand of each; what is there stays as it is.

    Returns:
        How many were created.
    """
    if not Category.objects.filter(slug=_CATEGORY).exists():
        category_create(name="Kitchen", slug=_CATEGORY)
    there = set(Product.objects.filter(sku__startswith="DEMO-").values_list("sku", flat=True))
    missing = [each for each in _PRODUCTS if each[0] not in there]
    for sku, name, price, description in missing:
        product = product_create(sku=sku, name=name, price=Decimal(price), description=description, category=_CATEGORY)
        stock_set(key=product["slug"], on_hand=_UNITS)
    return len(missing)
