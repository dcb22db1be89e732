"""Addresses of the public site."""

from __future__ import annotations

from django.urls import path

from shared_apps.site.views import (
    backoffice,
    invitations,
    legal,
    members,
    orders,
    organisation_form,
    organisations,
    pricing,
    signup,
)
from shared_apps.site.views import backoffice_organisations as desk

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
    path("organisations/<uuid:id>/", organisations.organisation, name="organisation"),
    path("organisations/<uuid:id>/enter/", organisations.enter, name="organisation_enter"),
    path("organisations/<uuid:id>/members/", members.people, name="organisation_members"),
    path("organisations/<uuid:id>/members/<int:member>/", members.person, name="organisation_member"),
    path("organisations/<uuid:id>/members/<int:member>/remove/", members.remove, name="organisation_member_remove"),
    path(
        "organisations/<uuid:id>/invitations/<uuid:invitation>/resend/",
        members.resend,
        name="organisation_invitation_resend",
    ),
    path(
        "organisations/<uuid:id>/invitations/<uuid:invitation>/revoke/",
        members.revoke,
        name="organisation_invitation_revoke",
    ),
    path("organisations/<uuid:id>/leave/", members.leave, name="organisation_leave"),
    path("organisations/<uuid:id>/transfer/", members.transfer, name="organisation_transfer"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("backoffice/", backoffice.home, name="backoffice"),
    path("backoffice/transfers/", backoffice.transfers, name="backoffice_transfers"),
    path("backoffice/transfers/<uuid:id>/", backoffice.transfer, name="backoffice_transfer"),
    path("backoffice/receipts/<uuid:id>/", backoffice.receipt, name="backoffice_receipt"),
    path("backoffice/organisations/", desk.organisations, name="backoffice_organisations"),
    path("backoffice/organisations/<uuid:id>/", desk.organisation, name="backoffice_organisation"),
    path("backoffice/organisations/<uuid:id>/visit/", desk.visit, name="backoffice_visit"),
    path("backoffice/visits/<uuid:id>/open/", desk.open_visit, name="backoffice_visit_open"),
    path("backoffice/visits/<uuid:id>/end/", desk.end_visit, name="backoffice_visit_end"),
    path("backoffice/provisioning/<uuid:id>/restart/", backoffice.restart_job, name="backoffice_restart_job"),
]
