"""Addresses of the payments room, on the host of every tenant that sells."""

from __future__ import annotations

from django.urls import path

from tenant_apps.payments.views import customers, hooks, staff, ways

app_name = "payments"
urlpatterns = [
    path("hooks/<slug:method>/", hooks.hook, name="hook"),
    path("hooks/<slug:method>/<uuid:payment_id>/<str:token>/", hooks.hook_payment, name="hook_payment"),
    path("pay/<uuid:payment_id>/", customers.payment, name="payment"),
    path("pay/<uuid:payment_id>/live/", customers.follow, name="follow"),
    path("pay/<uuid:payment_id>/return/", customers.come_back, name="return"),
    path("pay/<uuid:payment_id>/receipt/", customers.receipt, name="receipt"),
    path("staff/payments/", staff.payments, name="staff_payments"),
    path("staff/payments/transfers/", staff.transfers, name="staff_transfers"),
    path("staff/payments/refunds/", staff.refunds, name="staff_refunds"),
    path("staff/payments/refunds/<uuid:refund_id>/", staff.finish_refund, name="staff_finish_refund"),
    path("staff/payments/proofs/<uuid:receipt_id>/", staff.receipt_file, name="staff_receipt"),
    path("staff/payments/<uuid:payment_id>/", staff.payment, name="staff_payment"),
    path("staff/payments/<uuid:payment_id>/ask/", staff.ask_again, name="staff_ask"),
    path("staff/payments/<uuid:payment_id>/approve/", staff.approve_transfer, name="staff_approve"),
    path("staff/payments/<uuid:payment_id>/reject/", staff.reject_transfer, name="staff_reject"),
    path("staff/payments/<uuid:payment_id>/review/", staff.review, name="staff_review"),
    path("staff/payments/<uuid:payment_id>/refund/", staff.refund, name="staff_refund"),
    path("staff/ways-to-pay/", ways.methods, name="staff_methods"),
    path("staff/ways-to-pay/<slug:name>/", ways.method, name="staff_method"),
    path("staff/ways-to-pay/<slug:name>/switch/", ways.switch, name="staff_switch"),
    path("staff/ways-to-pay/<slug:name>/move/", ways.move, name="staff_move"),
    path("staff/ways-to-pay/<slug:name>/check/", ways.check, name="staff_check"),
    path("pay/<str:purpose>/<uuid:subject>/", customers.choose, name="choose"),
]
