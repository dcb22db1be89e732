"""Addresses of the back office under which tenants' sales are looked after and paid out."""

from __future__ import annotations

from django.urls import path

from shared_apps.site.views import backoffice_commissions as commissions

urlpatterns = [
    path("", commissions.balances, name="backoffice_commissions"),
    path("export/", commissions.export, name="backoffice_commissions_export"),
    path("payouts/", commissions.payouts, name="backoffice_payouts"),
    path("payouts/<uuid:id>/", commissions.payout, name="backoffice_payout"),
    path("<uuid:id>/", commissions.sales, name="backoffice_commission_sales"),
]
