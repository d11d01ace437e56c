"""The routes of the catalog's API, below a version's prefix."""

from catalog.api.views.categories import CategoryDetail, CategoryList
from catalog.api.views.exports import ProductExport
from catalog.api.views.imports import ImportDetail, ImportErrors, ImportRetry, ProductImport
from catalog.api.views.products import ProductDetail, ProductList, ProductStock
from shared.http.urls import route

ROUTES = [
    route("categories/", CategoryList),
    route("categories/<str:slug>/", CategoryDetail),
    route("products/", ProductList),
    route("products/import/", ProductImport),
    route("products/export/", ProductExport),
    route("products/<str:key>/", ProductDetail),
    route("products/<str:key>/stock/", ProductStock),
    route("imports/<uuid:import_id>/", ImportDetail),
    route("imports/<uuid:import_id>/errors/", ImportErrors),
    route("imports/<uuid:import_id>/retry/", ImportRetry),
]
