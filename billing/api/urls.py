"""Addresses below `/api/tenants/`."""

from __future__ import annotations

from django.urls import path

from billing.api import coupons, invoices, orders, paying, payments, plans

urlpatterns = [
    path("plans/", plans.PlansView.as_view(), name="api-plans"),
    path("plans/<int:plan_id>/", plans.PlanView.as_view(), name="api-plan"),
    path("plans/<int:plan_id>/features/", plans.PlanFeaturesView.as_view(), name="api-plan-features"),
    path("payment-methods/", plans.PaymentMethodsView.as_view(), name="api-payment-methods"),
    path("orders/", orders.OrdersView.as_view(), name="api-orders"),
    path("orders/<uuid:order_id>/", orders.OrderView.as_view(), name="api-order"),
    path(
        "orders/<uuid:order_id>/initiate_payment/",
        paying.InitiatePaymentView.as_view(),
        name="api-order-initiate-payment",
    ),
    path("orders/<uuid:order_id>/verify_payment/", paying.VerifyPaymentView.as_view(), name="api-order-verify-payment"),
    path("invoices/", invoices.InvoicesView.as_view(), name="api-invoices"),
    path("invoices/<uuid:invoice_id>/", invoices.InvoiceView.as_view(), name="api-invoice"),
    path("invoices/<uuid:invoice_id>/download/", invoices.InvoiceDownloadView.as_view(), name="api-invoice-download"),
    path("payments/", payments.PaymentsView.as_view(), name="api-payments"),
    path("payments/<uuid:payment_id>/", payments.PaymentView.as_view(), name="api-payment"),
    path(
        "payments/<uuid:payment_id>/upload_receipt/",
        payments.UploadReceiptView.as_view(),
        name="api-payment-upload-receipt",
    ),
    path(
        "payments/<uuid:payment_id>/verify_bank_transfer/",
        payments.VerifyBankTransferView.as_view(),
        name="api-payment-verify-bank-transfer",
    ),
    path("coupons/validate/", coupons.ValidateCouponView.as_view(), name="api-coupon-validate"),
]
