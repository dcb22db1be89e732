"""Where staff keep prices, customers, delivery and the shop, and customers their addresses."""

from __future__ import annotations

from django.urls import path

from tenant_apps.store.views import addresses, people, promotions, shop

urlpatterns = [
    path("addresses/", addresses.addresses, name="addresses"),
    path("addresses/new/", addresses.new_address, name="new_address"),
    path("addresses/<int:pk>/", addresses.edit_address, name="edit_address"),
    path("addresses/<int:pk>/default/", addresses.default_address, name="default_address"),
    path("addresses/<int:pk>/delete/", addresses.delete_address, name="delete_address"),
    path("staff/prices/promotions/", promotions.promotions, name="staff_promotions"),
    path("staff/prices/promotions/new/", promotions.new_promotion, name="staff_new_promotion"),
    path("staff/prices/promotions/<int:pk>/", promotions.edit_promotion, name="staff_edit_promotion"),
    path("staff/prices/promotions/<int:pk>/pause/", promotions.pause_promotion, name="staff_pause_promotion"),
    path("staff/prices/promotions/<int:pk>/delete/", promotions.delete_promotion, name="staff_delete_promotion"),
    path("staff/prices/segments/", people.segments, name="staff_segments"),
    path("staff/prices/segments/new/", people.new_segment, name="staff_new_segment"),
    path("staff/prices/segments/<int:pk>/", people.edit_segment, name="staff_edit_segment"),
    path("staff/prices/segments/<int:pk>/delete/", people.delete_segment, name="staff_delete_segment"),
    path("staff/prices/partners/", people.partners, name="staff_partners"),
    path("staff/prices/partners/new/", people.new_partner, name="staff_new_partner"),
    path("staff/prices/partners/<int:pk>/", people.partner, name="staff_partner"),
    path("staff/prices/partners/<int:pk>/edit/", people.edit_partner, name="staff_edit_partner"),
    path("staff/prices/partners/<int:pk>/delete/", people.delete_partner, name="staff_delete_partner"),
    path(
        "staff/prices/partners/<int:pk>/members/<int:member_id>/remove/",
        people.remove_member,
        name="staff_remove_member",
    ),
    path("staff/customers/", people.customers, name="staff_customers"),
    path("staff/customers/<uuid:user_id>/", people.customer, name="staff_customer"),
    path("staff/delivery/", shop.zones, name="staff_zones"),
    path("staff/delivery/new/", shop.new_zone, name="staff_new_zone"),
    path("staff/delivery/<int:pk>/", shop.edit_zone, name="staff_edit_zone"),
    path("staff/delivery/<int:pk>/move/", shop.move_zone, name="staff_move_zone"),
    path("staff/delivery/<int:pk>/delete/", shop.delete_zone, name="staff_delete_zone"),
    path("staff/settings/", shop.settings, name="staff_settings"),
]
