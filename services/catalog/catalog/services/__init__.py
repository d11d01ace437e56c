"""Every write of the catalog; each function owns its transaction and appends its events."""

from catalog.services.stock import (
    StockBelowReserved,
    stock_commit,
    stock_release,
    stock_reserve,
    stock_set,
)
from catalog.services.subjects import subject_deactivate, subject_register
from catalog.services.upkeep import purge

__all__ = [
    "StockBelowReserved",
    "purge",
    "stock_commit",
    "stock_release",
    "stock_reserve",
    "stock_set",
    "subject_deactivate",
    "subject_register",
]
