"""Where staff keep the catalogue and the shop."""

from __future__ import annotations

from django.urls import path

from tenant_apps.store.views import attributes, brands, products, shelves

urlpatterns = [
    path("staff/products/", products.products, name="staff_products"),
    path("staff/products/new/", products.new_product, name="staff_new_product"),
    path("staff/products/<slug:slug>/edit/", products.edit_product, name="staff_edit_product"),
    path("staff/products/<slug:slug>/show/", products.show_product, name="staff_show_product"),
    path("staff/products/<slug:slug>/delete/", products.delete_product, name="staff_delete_product"),
    path("staff/products/shelves/", shelves.shelves, name="staff_shelves"),
    path("staff/products/shelves/new/", shelves.new_shelf, name="staff_new_shelf"),
    path("staff/products/shelves/<slug:slug>/edit/", shelves.edit_shelf, name="staff_edit_shelf"),
    path("staff/products/shelves/<slug:slug>/move/", shelves.move_shelf, name="staff_move_shelf"),
    path("staff/products/shelves/<slug:slug>/delete/", shelves.delete_shelf, name="staff_delete_shelf"),
    path("staff/products/brands/", brands.brands, name="staff_brands"),
    path("staff/products/brands/new/", brands.new_brand, name="staff_new_brand"),
    path("staff/products/brands/<slug:slug>/edit/", brands.edit_brand, name="staff_edit_brand"),
    path("staff/products/brands/<slug:slug>/delete/", brands.delete_brand, name="staff_delete_brand"),
    path("staff/products/attributes/", attributes.attributes, name="staff_attributes"),
    path("staff/products/attributes/new/", attributes.new_attribute, name="staff_new_attribute"),
    path("staff/products/attributes/<slug:slug>/edit/", attributes.edit_attribute, name="staff_edit_attribute"),
    path("staff/products/attributes/<slug:slug>/delete/", attributes.delete_attribute, name="staff_delete_attribute"),
]
