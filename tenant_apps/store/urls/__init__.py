"""Addresses of a shop."""

from __future__ import annotations

from tenant_apps.store.urls import catalogue, storefront

app_name = "store"
urlpatterns = [*storefront.urlpatterns, *catalogue.urlpatterns]
