"""What customers see, and what search engines read."""

from __future__ import annotations

from django.urls import path

from tenant_apps.store.views import robots, storefront

urlpatterns = [
    path("", storefront.home, name="home"),
    path("c/<slug:slug>/", storefront.shelf, name="shelf"),
    path("brands/<slug:slug>/", storefront.brand, name="brand"),
    path("products/<slug:slug>/", storefront.product, name="product"),
    path("sitemap.xml", robots.sitemap, name="sitemap"),
    path("sitemap-<int:number>.xml", robots.sitemap_part, name="sitemap_part"),
    path("robots.txt", robots.robots, name="robots"),
]
