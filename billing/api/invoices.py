"""Invoices and credit notes: what they say, and their files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import Invoice
from billing.selectors import access_invoice, invoices_for
from billing.services.documents import DESK
from shared_apps.core.api import PAGE_PARAMETER, ApiView, errors, page_of, paginated
from shared_apps.documents.files import download


class InvoiceSerializer(serializers.Serializer):
    """An invoice or a credit note. A credit note's amounts are above zero: its kind says which way the money goes."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=Invoice.Kind.choices)
    issued_at = serializers.DateTimeField()
    order_id = serializers.UUIDField()
    credited_number = serializers.CharField(
        source="credits.number", default="", help_text="The invoice that a credit note takes back; else empty."
    )
    currency = serializers.CharField()
    subtotal_minor = serializers.IntegerField()
    reduction_minor = serializers.IntegerField(help_text="Discount, and what was unused of another plan.")
    tax_name = serializers.CharField(help_text="Empty where no tax is due.")
    tax_percent = serializers.CharField(help_text="As exact digits.")
    tax_included = serializers.BooleanField()
    tax_minor = serializers.IntegerField()
    tax_amount = serializers.CharField(source="tax.as_text")
    total_minor = serializers.IntegerField()
    total_amount = serializers.CharField(source="total.as_text")
    has_file = serializers.SerializerMethodField(help_text="Whether its PDF is made; download makes it where it can.")

    def get_has_file(self, invoice: Invoice) -> bool:
        return bool(invoice.pdf)


def represent_invoice(invoice: Invoice) -> Any:
    """An invoice as JSON."""
    return InvoiceSerializer(invoice).data


class InvoicesView(ApiView):
    @extend_schema(
        operation_id="invoices_list",
        tags=["invoices"],
        summary="Invoices and credit notes of my organisations",
        parameters=[PAGE_PARAMETER],
        responses={200: page_of(InvoiceSerializer), **errors(401, 404)},
    )
    def get(self, request: Request) -> Response:
        found = Invoice.objects.filter(invoices_for(request.user)).select_related("credits")
        return paginated(self, found.order_by("-issued_at", "pk"), represent_invoice)


class InvoiceView(ApiView):
    @extend_schema(
        operation_id="invoices_retrieve",
        tags=["invoices"],
        summary="One invoice or credit note",
        responses={200: InvoiceSerializer, **errors(401, 404)},
    )
    def get(self, request: Request, invoice_id: UUID) -> Response:
        return Response(represent_invoice(access_invoice(request.user, invoice_id)))


class InvoiceDownloadView(ApiView):
    @extend_schema(
        operation_id="invoices_download",
        tags=["invoices"],
        summary="The PDF of an invoice or credit note",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, **errors(401, 404, 429, 503)},
    )
    def get(self, request: Request, invoice_id: UUID) -> FileResponse:
        invoice = access_invoice(request.user, invoice_id)
        return download(invoice, DESK, who=str(request.user.pk))
