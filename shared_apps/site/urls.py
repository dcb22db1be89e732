"""Addresses of the public site."""

from __future__ import annotations

from django.urls import path

from shared_apps.site.views import audit, backoffice, legal, orders, organisation_form, organisations, pricing, signup

urlpatterns = [
    path("", pricing.home, name="home"),
    path("pricing/", pricing.pricing, name="pricing"),
    path("terms/", legal.terms, name="terms"),
    path("privacy/", legal.privacy, name="privacy"),
    path("robots.txt", legal.robots, name="robots"),
    path("start/", signup.start, name="start"),
    path("signup/", signup.signup, name="signup"),
    path("signup/code/", signup.code, name="signup_code"),
    path("signup/code/resend/", signup.resend, name="signup_resend"),
    path("signup/code/address/", signup.change_address, name="signup_change_address"),
    path("signup/verify/<str:token>/", signup.verify, name="signup_verify"),
    path("signup/organisation/", organisation_form.organisation, name="signup_organisation"),
    path("signup/offer/", organisation_form.offer, name="signup_offer"),
    path("signup/draft/", organisation_form.draft, name="signup_draft"),
    path("signup/subdomain/", organisation_form.subdomain, name="signup_subdomain"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<uuid:id>/", orders.order, name="order"),
    path("orders/<uuid:id>/status/", orders.status, name="order_status"),
    path("orders/<uuid:id>/pay/", orders.pay, name="order_pay"),
    path("orders/<uuid:id>/check/", orders.check, name="order_check"),
    path("orders/<uuid:id>/return/", orders.returned, name="order_return"),
    path("orders/<uuid:id>/cancelled/", orders.cancelled, name="order_cancelled"),
    path("orders/<uuid:id>/receipt/", orders.receipt, name="order_receipt"),
    path("orders/<uuid:id>/cancel/", orders.cancel, name="order_cancel"),
    path("organisations/", organisations.organisations, name="organisations"),
    path("organisations/<uuid:id>/enter/", organisations.enter, name="organisation_enter"),
    path("backoffice/", backoffice.home, name="backoffice"),
    path("backoffice/audit/", audit.log, name="backoffice_audit"),
    path("backoffice/audit/<int:id>/", audit.entry, name="backoffice_audit_entry"),
    path("backoffice/audit/statistics/", audit.statistics, name="backoffice_audit_statistics"),
    path("backoffice/audit/export/", audit.export, name="backoffice_audit_export"),
    path("backoffice/audit/retention/", audit.retention, name="backoffice_audit_retention"),
    path("backoffice/transfers/", backoffice.transfers, name="backoffice_transfers"),
    path("backoffice/transfers/<uuid:id>/", backoffice.transfer, name="backoffice_transfer"),
    path("backoffice/receipts/<uuid:id>/", backoffice.receipt, name="backoffice_receipt"),
    path("backoffice/provisioning/<uuid:id>/restart/", backoffice.restart_job, name="backoffice_restart_job"),
]
