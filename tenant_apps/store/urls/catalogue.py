"""Where staff keep the catalogue and the shop."""

from __future__ import annotations

from django.urls import path

from tenant_apps.store.views import staff

urlpatterns = [
    path("staff/products/", staff.products, name="staff_products"),
    path("staff/products/new/", staff.new_product, name="staff_new_product"),
    path("staff/products/<slug:slug>/edit/", staff.edit_product, name="staff_edit_product"),
    path("staff/products/<slug:slug>/show/", staff.show_product, name="staff_show_product"),
    path("staff/products/<slug:slug>/delete/", staff.delete_product, name="staff_delete_product"),
    path("staff/settings/", staff.settings, name="staff_settings"),
]
