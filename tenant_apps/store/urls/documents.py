"""Invoices, credit notes and receipts."""

from __future__ import annotations

from django.urls import path

from tenant_apps.store.views import documents

urlpatterns = [
    path("orders/<uuid:order_id>/invoice/", documents.order_invoice, name="order_invoice"),
    path("orders/<uuid:order_id>/documents/<slug:number>/", documents.order_document, name="order_document"),
    path("staff/documents/", documents.documents, name="staff_documents"),
    path("staff/documents/journal/", documents.sales_journal, name="staff_sales_journal"),
    path("staff/documents/<slug:number>/", documents.document, name="staff_document"),
    path("staff/orders/<slug:number>/receipt/", documents.receipt, name="staff_receipt"),
    path("staff/orders/<slug:number>/receipt.bin", documents.receipt_bytes, name="staff_receipt_bytes"),
]
