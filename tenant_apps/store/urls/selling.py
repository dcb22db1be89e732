"""Cart, checkout and orders."""

from __future__ import annotations

from django.urls import path

from tenant_apps.store.views import carts, checkout, orders, staff_orders

urlpatterns = [
    path("cart/", carts.cart, name="cart"),
    path("cart/add/", carts.add, name="cart_add"),
    path("cart/<uuid:variant_id>/", carts.change, name="cart_change"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/", orders.my_orders, name="my_orders"),
    path("orders/<uuid:order_id>/", orders.order, name="order"),
    path("orders/<uuid:order_id>/cancel/", orders.cancel, name="cancel_my_order"),
    path("staff/orders/", staff_orders.orders, name="staff_orders"),
    path("staff/orders/<str:number>/", staff_orders.order, name="staff_order"),
    path("staff/orders/<str:number>/prepare/", staff_orders.prepare, name="staff_prepare"),
    path("staff/orders/<str:number>/settle/", staff_orders.settle, name="staff_settle"),
    path("staff/orders/<str:number>/ship/", staff_orders.ship, name="staff_ship"),
    path("staff/orders/<str:number>/deliver/", staff_orders.deliver, name="staff_deliver"),
    path("staff/orders/<str:number>/cash/", staff_orders.cash, name="staff_cash"),
    path("staff/orders/<str:number>/cancel/", staff_orders.cancel, name="staff_cancel"),
    path("staff/orders/<str:number>/cancel-pieces/", staff_orders.cancel_pieces, name="staff_cancel_pieces"),
    path("staff/orders/<str:number>/return/", staff_orders.take_back, name="staff_take_back"),
]
