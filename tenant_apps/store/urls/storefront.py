"""What customers see."""

from __future__ import annotations

from django.urls import path

from tenant_apps.store.views import storefront

urlpatterns = [
    path("", storefront.home, name="home"),
    path("products/<slug:slug>/", storefront.product, name="product"),
]
