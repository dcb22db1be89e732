"""Addresses of a shop."""

from __future__ import annotations

from tenant_apps.store.urls import (
    catalogue,
    documents,
    imports,
    prices,
    reports,
    reviews,
    selling,
    stock,
    storefront,
    till,
)

app_name = "store"
urlpatterns = [
    *storefront.urlpatterns,
    *selling.urlpatterns,
    *reviews.urlpatterns,
    *reports.urlpatterns,
    *catalogue.urlpatterns,
    *imports.urlpatterns,
    *stock.urlpatterns,
    *prices.urlpatterns,
    *documents.urlpatterns,
    *till.urlpatterns,
]
