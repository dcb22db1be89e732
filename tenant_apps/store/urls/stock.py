"""Where staff keep the stock."""

from __future__ import annotations

from django.urls import path

from tenant_apps.store.views import places, stock, stock_history, stocktaking

urlpatterns = [
    path("staff/stock/", stock.stock_list, name="staff_stock"),
    path("staff/stock/receive/", stock.receive, name="staff_stock_receive"),
    path("staff/stock/history/", stock_history.history, name="staff_stock_history"),
    path("staff/stock/history.csv", stock_history.export, name="staff_stock_export"),
    path("staff/stock/counts/", stocktaking.counts, name="staff_counts"),
    path("staff/stock/counts/<int:pk>/", stocktaking.count, name="staff_count"),
    path("staff/stock/counts/<int:pk>/book/", stocktaking.book, name="staff_book_count"),
    path("staff/stock/counts/<int:pk>/give-up/", stocktaking.give_up, name="staff_give_up_count"),
    path("staff/stock/places/", places.places, name="staff_places"),
    path("staff/stock/places/new/", places.new_place, name="staff_new_place"),
    path("staff/stock/places/<int:pk>/edit/", places.edit_place, name="staff_edit_place"),
    path("staff/stock/places/<int:pk>/close/", places.close_place, name="staff_close_place"),
    path("staff/stock/places/<int:pk>/open/", places.open_place, name="staff_open_place"),
    path("staff/stock/places/<int:pk>/move/", places.move_place, name="staff_move_place"),
    path("staff/stock/<uuid:public_id>/", stock.variant_stock, name="staff_variant_stock"),
    path("staff/stock/<uuid:public_id>/adjust/", stock.adjust, name="staff_stock_adjust"),
    path("staff/stock/<uuid:public_id>/transfer/", stock.transfer, name="staff_stock_transfer"),
]
