"""The first page of staff, and what can be taken away of it."""

from __future__ import annotations

from django.urls import path

from tenant_apps.store.views import dashboard

urlpatterns = [
    path("staff/home/", dashboard.home, name="staff_home"),
    path("staff/home/setup/close/", dashboard.close_setup, name="staff_close_setup"),
    path("staff/home/export/<slug:what>.<slug:kind>", dashboard.export, name="staff_export"),
]
