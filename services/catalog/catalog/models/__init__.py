"""The tables of the catalog."""

from catalog.models.imports import Import, ImportChunk, ImportRowError
from catalog.models.products import Category, Product, ProductWord
from catalog.models.stock import Reservation, ReservationLine, StockEntry

__all__ = [
    "Category",
    "Import",
    "ImportChunk",
    "ImportRowError",
    "Product",
    "ProductWord",
    "Reservation",
    "ReservationLine",
    "StockEntry",
]
