"""The till: its page, what its device asks, and what staff keep of it."""

from __future__ import annotations

from django.urls import path

from tenant_apps.store.views import till, till_api, till_office

urlpatterns = [
    path("staff/till/", till.app, name="till"),
    path("staff/till/sw.js", till.service_worker, name="till_worker"),
    path("staff/till/manifest.webmanifest", till.manifest, name="till_manifest"),
    path("staff/till/api/session/", till_api.session, name="till_session_api"),
    path("staff/till/api/catalogue/", till_api.catalogue, name="till_catalogue_api"),
    path("staff/till/api/sales/", till_api.sales, name="till_sales_api"),
    path("staff/till/api/sale/", till_api.find_sale, name="till_find_api"),
    path("staff/till/api/customers/", till_api.customers, name="till_customers_api"),
    path("staff/till/api/prices/", till_api.prices, name="till_prices_api"),
    path("staff/till/api/returns/", till_api.returns, name="till_returns_api"),
    path("staff/till/api/invoice/", till_api.invoice, name="till_invoice_api"),
    path("staff/tills/", till_office.sessions, name="till_sessions"),
    path("staff/tills/tasks/", till_office.tasks, name="till_tasks"),
    path("staff/tills/tasks/<int:pk>/done/", till_office.settle, name="till_settle"),
    path("staff/tills/registers/", till_office.registers, name="till_registers"),
    path("staff/tills/registers/new/", till_office.new_register, name="till_new_register"),
    path("staff/tills/registers/<int:pk>/", till_office.edit_register, name="till_edit_register"),
    path("staff/tills/<uuid:session_id>/", till_office.session, name="till_session"),
    path("staff/tills/<uuid:session_id>/report/", till_office.report, name="till_report"),
]
