"""Payments: looking at them, sending a transfer's receipt, and the platform admin's verdict."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from billing.messages import explain
from billing.models import Payment
from billing.selectors import access_order, access_payment, payable_by
from billing.services.transfers import RECEIPT_TEXTS, decide_transfer, upload_receipt
from shared_apps.accounts.admins import is_platform_admin
from shared_apps.core.api import PAGE_PARAMETER, ApiView, errors, page_of, paginated, validated
from shared_apps.core.errors import DomainError
from shared_apps.core.uploads import MAX_BYTES

# What a multipart body holds around the file.
MULTIPART_OVERHEAD = 64 * 1024


class PaymentMethodNameSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    display_name = serializers.CharField()


class ReceiptSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField(source="original_name")
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    created_at = serializers.DateTimeField()


class PaymentSerializer(serializers.Serializer):
    """One attempt to pay. `charge_*` is what the provider is asked for, in its own currency."""

    id = serializers.UUIDField()
    order_id = serializers.UUIDField()
    order_number = serializers.CharField(source="order.number")
    payment_method = PaymentMethodNameSerializer(source="method")
    status = serializers.ChoiceField(choices=Payment.Status.choices)
    amount_minor = serializers.IntegerField()
    amount = serializers.CharField(source="amount.as_text")
    currency = serializers.CharField()
    charge_minor = serializers.IntegerField()
    charge_amount = serializers.CharField(source="charge.as_text")
    charge_currency = serializers.CharField()
    reason = serializers.CharField(help_text="Why it failed or waits; empty when there is nothing to say.")
    message = serializers.SerializerMethodField(help_text="The reason in words, with the next step.")
    comment = serializers.CharField(help_text="An admin's words to the payer.")
    redirect_url = serializers.SerializerMethodField(help_text="Where an open attempt is gone on with.")
    receipts = ReceiptSerializer(many=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    succeeded_at = serializers.DateTimeField(allow_null=True)

    def get_message(self, payment: Payment) -> str:
        words = explain(payment.reason) if payment.reason else None
        return f"{words.what} {words.next_step}" if words else ""

    def get_redirect_url(self, payment: Payment) -> str:
        return payment.redirect_url if payment.status in Payment.OPEN else ""


class PaymentFilterSerializer(serializers.Serializer):
    order = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=Payment.Status.choices, required=False)


class ReceiptInputSerializer(serializers.Serializer):
    # Empty and long names are the service's business: it has the words for them.
    receipt = serializers.FileField(allow_empty_file=True, help_text="A photo (JPEG, PNG, WebP) or PDF, 5 MB at most.")


class VerdictSerializer(serializers.Serializer):
    approved = serializers.BooleanField()
    comment = serializers.CharField(
        max_length=500, allow_blank=True, default="", help_text="To the payer; required when not approved."
    )


def represent_payment(payment: Payment) -> Any:
    """A payment as JSON."""
    return PaymentSerializer(payment).data


def _payments_for(user: Any) -> QuerySet[Payment]:
    """Payments of the orders that the caller may pay; everybody's for a platform admin."""
    payments = (
        Payment.objects.select_related("order", "method").prefetch_related("receipts").order_by("-created_at", "pk")
    )
    return payments if is_platform_admin(user) else payments.filter(payable_by(user, prefix="order__"))


class PaymentsView(ApiView):
    @extend_schema(
        operation_id="payments_list",
        tags=["payments"],
        summary="My payments (all of them for a platform admin)",
        parameters=[
            PAGE_PARAMETER,
            OpenApiParameter("order", UUID, description="Only those of this order."),
            OpenApiParameter("status", enum=Payment.Status.values, description="Only those in this state."),
        ],
        responses={200: page_of(PaymentSerializer), **errors(400, 401, 404)},
    )
    def get(self, request: Request) -> Response:
        wanted = PaymentFilterSerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        return paginated(self, _payments_for(request.user).filter(**wanted.validated_data), represent_payment)


class PaymentView(ApiView):
    @extend_schema(
        operation_id="payments_retrieve",
        tags=["payments"],
        summary="One payment",
        responses={200: PaymentSerializer, **errors(401, 404)},
    )
    def get(self, request: Request, payment_id: UUID) -> Response:
        return Response(represent_payment(access_payment(request.user, payment_id)))


class UploadReceiptView(ApiView):
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="payments_upload_receipt",
        tags=["payments"],
        summary="Send a transfer's receipt",
        request={"multipart/form-data": ReceiptInputSerializer},
        responses={201: PaymentSerializer, **errors(400, 401, 404, 409, 413)},
    )
    def post(self, request: Request, payment_id: UUID) -> Response:
        payment = access_payment(request.user, payment_id)
        access_order(request.user, payment.order_id)  # an admin sees payments, and proves none
        _check_size(request)
        upload_receipt(payment=payment, upload=validated(ReceiptInputSerializer, request)["receipt"], user=request.user)
        return Response(represent_payment(access_payment(request.user, payment_id)), status=201)


class VerifyBankTransferView(ApiView):
    @extend_schema(
        operation_id="payments_verify_bank_transfer",
        tags=["payments"],
        summary="Approve or reject a transfer (platform admins)",
        description=(
            "Approving says that the amount asked for has come with the order's number. The verdict counts after the time in "
            "which it may be undone (TRANSFER_UNDO_SECONDS), and above a limit once another admin has confirmed it in the back "
            "office: until then the payment is `under_review`, afterwards `succeeded`. Another amount, whether part of the "
            "order or more than it, is confirmed in the back office; a second verdict is a conflict."
        ),
        request=VerdictSerializer,
        responses={200: PaymentSerializer, **errors(400, 401, 403, 404, 409)},
    )
    def post(self, request: Request, payment_id: UUID) -> Response:
        payment = access_payment(request.user, payment_id)
        decide_transfer(payment=payment, admin=request.user, **validated(VerdictSerializer, request))
        return Response(represent_payment(access_payment(request.user, payment_id)))


def _check_size(request: Request) -> None:
    """Refuse a body that is too long before it is read to disk."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0  # Django reads nothing then
    if length > MAX_BYTES + MULTIPART_OVERHEAD:
        raise DomainError("receipt_too_big", RECEIPT_TEXTS["too_big"], field="receipt", status=413)
