"""Every write of the catalog; each function owns its transaction and appends its events."""

from catalog.services.categories import category_create, category_delete, category_update
from catalog.services.demo import demo_seed
from catalog.services.import_files import FileTooLarge
from catalog.services.imports import ImportEnded, import_advance, import_retry, import_run, import_start
from catalog.services.products import product_create, product_deactivate, product_update
from catalog.services.stock import (
    StockBelowReserved,
    stock_commit,
    stock_release,
    stock_reserve,
    stock_set,
)
from catalog.services.subjects import session_revoke, subject_deactivate, subject_register, subject_revoke
from shared.upkeep.old_rows import purge

__all__ = [
    "FileTooLarge",
    "ImportEnded",
    "StockBelowReserved",
    "category_create",
    "category_delete",
    "category_update",
    "demo_seed",
    "import_advance",
    "import_retry",
    "import_run",
    "import_start",
    "product_create",
    "product_deactivate",
    "product_update",
    "purge",
    "session_revoke",
    "stock_commit",
    "stock_release",
    "stock_reserve",
    "stock_set",
    "subject_deactivate",
    "subject_register",
    "subject_revoke",
]
