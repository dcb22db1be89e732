"""Addresses of an organisation's plan and bills, below its own address."""

from __future__ import annotations

from django.urls import path

from shared_apps.site.views import billing, payouts, plan, subscription

urlpatterns = [
    path("plan/", plan.plan, name="organisation_plan"),
    path("plan/keep/", plan.keep, name="organisation_plan_keep"),
    path("plan/change/<slug:name>/", plan.change, name="organisation_plan_change"),
    path("renew/", plan.renew, name="organisation_renew"),
    path("cancel/", subscription.cancel, name="organisation_cancel"),
    path("cancel/undo/", subscription.undo, name="organisation_cancel_undo"),
    path("delete/", subscription.delete, name="organisation_delete"),
    path("billing/", billing.invoices, name="organisation_billing"),
    path("billing/export/", billing.export, name="organisation_invoices_export"),
    path("billing/orders/", billing.orders, name="organisation_orders"),
    path("billing/credit/", billing.credit, name="organisation_credit"),
    path("billing/details/", billing.details, name="organisation_billing_details"),
    path("payouts/", payouts.payouts, name="organisation_payouts"),
]
