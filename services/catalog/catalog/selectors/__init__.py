"""Every read of the catalog; rows are dictionaries."""

from catalog.selectors.categories import category_get, category_list
from catalog.selectors.exports import error_table, product_table
from catalog.selectors.imports import import_get, import_pieces, import_unfinished
from catalog.selectors.products import PRODUCT_PARAMETERS, by_key, product_get, product_list

__all__ = [
    "PRODUCT_PARAMETERS",
    "by_key",
    "category_get",
    "category_list",
    "error_table",
    "import_get",
    "import_pieces",
    "import_unfinished",
    "product_get",
    "product_list",
    "product_table",
]
