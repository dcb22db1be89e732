"""Paying an order: starting an attempt, and asking what became of it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from redis.exceptions import RedisError
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing import gateways
from billing.api.orders import MAX_ID, OrganizationShortSerializer, represent_organization
from billing.messages import explain
from billing.models import Order, Payment, PaymentMethod
from billing.providers import reasons
from billing.providers.base import Flow
from billing.selectors import access_order, latest_payment
from billing.services.payments import start_payment, transfer_instructions
from billing.services.resolve import resolve_now_or_soon
from shared_apps.core.api import ApiView, ErrorSerializer, errors, validated
from shared_apps.core.context import host_with_port
from shared_apps.organisations.models import Organisation

ASK_EVERY = timedelta(seconds=1)
# A provider that does not answer is given up sooner than this; meanwhile no second thread waits for it.
LONGEST_CALL_SECONDS = 60
# What a caller may be told about an order, beyond the order's own states.
STATUS_TEXTS = {
    "awaiting_payment": _("Nothing has been paid yet."),
    "pending": _("We are waiting for the payment."),
    "under_review": _("Our team is checking your transfer."),
    "needs_review": _("The payment is being checked. Do not pay a second time."),
    "failed": _("The payment did not go through. Try again, or choose another way to pay."),
    "paid": _("The payment has arrived. The workspace is being made."),
    "fulfilled": _("The workspace is ready."),
    "expired": _("The order was not paid in time. Order again."),
    "cancelled": _("The order was cancelled."),
}


class InitiateSerializer(serializers.Serializer):
    """Which way to pay; one of `payment_method_id` and `payment_method` is needed."""

    payment_method_id = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)
    payment_method = serializers.CharField(max_length=30, required=False, help_text="Its name, for example mtn_momo.")
    phone_number = serializers.CharField(
        max_length=30, allow_blank=True, default="", help_text="The mobile money number to charge."
    )
    return_url = serializers.URLField(
        max_length=1000,
        allow_blank=True,
        default="",
        help_text="Where PayPal sends the payer back to: on the platform's host, or one it has allowed.",
    )
    cancel_url = serializers.URLField(max_length=1000, allow_blank=True, default="")

    def validate_return_url(self, value: str) -> str:
        return _check_own_address(value)

    def validate_cancel_url(self, value: str) -> str:
        return _check_own_address(value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Put the method's row in place of its id or name."""
        if "payment_method_id" in attrs:
            chosen, field = {"pk": attrs.pop("payment_method_id")}, "payment_method_id"
        else:
            chosen, field = {"name": attrs.get("payment_method", "")}, "payment_method"
        # One that is hidden too: starting the payment says what to do instead.
        method = PaymentMethod.objects.filter(is_active=True, **chosen).first()
        if method is None:
            raise serializers.ValidationError({field: [_("Choose one of the ways to pay.")]})
        return {**attrs, "payment_method": method}


class BankDetailsSerializer(serializers.Serializer):
    """Where to send a transfer."""

    bank_name = serializers.CharField()
    account_name = serializers.CharField()
    iban = serializers.CharField(required=False)
    account_number = serializers.CharField(required=False)
    swift = serializers.CharField(required=False)
    branch = serializers.CharField(required=False)
    reference = serializers.CharField(help_text="To be written on the transfer.")
    amount = serializers.CharField()
    currency = serializers.CharField()


class InitiatedSerializer(serializers.Serializer):
    """A payment that was started: go to `redirect_url`, approve on the phone, or send the transfer."""

    success = serializers.BooleanField()
    payment_id = serializers.UUIDField()
    status = serializers.CharField(help_text="The payment's state, as in the list of payments.")
    message = serializers.CharField()
    redirect_url = serializers.CharField(required=False)
    bank_details = BankDetailsSerializer(required=False)


class NotInitiatedSerializer(ErrorSerializer):
    """A payment that could not be started; what to do is in `detail`."""

    success = serializers.BooleanField(required=False)
    payment_id = serializers.UUIDField(required=False)
    status = serializers.CharField(required=False)


class VerifiedOrderSerializer(serializers.Serializer):
    """What became of an order. `success` is true when it is paid and its workspace is live."""

    success = serializers.BooleanField()
    status = serializers.ChoiceField(
        choices=list(STATUS_TEXTS),
        help_text=(
            "awaiting_payment: no attempt was made; pending: an attempt is open; under_review: a transfer's receipt "
            "is being checked; needs_review: money came that does not match, a person decides; failed: the last "
            "attempt failed, another may be made; paid: the workspace is being made; fulfilled: it is live; expired "
            "and cancelled: the order can no longer be paid."
        ),
    )
    message = serializers.CharField()
    order_status = serializers.CharField(help_text="The order's own state, as in the list of orders.")
    payment_status = serializers.CharField(allow_null=True, help_text="The state of the newest attempt.")
    organization = OrganizationShortSerializer(allow_null=True)


class InitiatePaymentView(ApiView):
    @extend_schema(
        operation_id="orders_initiate_payment",
        tags=["orders"],
        summary="Pay an order",
        description="Repeating the call goes on with the attempt that is open. A refusal of the provider is a 400.",
        request=InitiateSerializer,
        responses={
            200: InitiatedSerializer,
            400: NotInitiatedSerializer,
            503: NotInitiatedSerializer,
            **errors(401, 404, 409, 429),
        },
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        order = access_order(request.user, order_id)
        given = validated(InitiateSerializer, request)
        method: PaymentMethod = given["payment_method"]
        payment = start_payment(
            order_id=order.pk,
            method=method.name,
            phone=given["phone_number"],
            return_url=given["return_url"],
            cancel_url=given["cancel_url"],
            actor=request.user,
        )
        return _answer(payment)


class VerifyPaymentView(ApiView):
    @extend_schema(
        operation_id="orders_verify_payment",
        tags=["orders"],
        summary="What became of an order",
        description="Asks the provider about open attempts, at most once a second. Meant to be polled.",
        request=None,
        responses={200: VerifiedOrderSerializer, **errors(401, 404)},
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        order = access_order(request.user, order_id)
        for payment in order.payments.filter(status__in=Payment.OPEN):
            _ask(payment)
        return Response(_verdict(access_order(request.user, order_id)))


def status_of(order: Order, payment: Payment | None) -> str:
    """One word for where an order stands: one of STATUS_TEXTS."""
    if order.status == Order.Status.FULFILLED:
        return "fulfilled"
    if payment and payment.status == Payment.Status.NEEDS_REVIEW and order.status in Order.PAYABLE:
        return "needs_review"
    if order.status != Order.Status.AWAITING_PAYMENT or payment is None:
        return order.status
    if payment.status in (Payment.Status.CREATED, Payment.Status.PENDING):
        return "pending"
    if payment.status == Payment.Status.UNDER_REVIEW:
        return "under_review"
    return "failed"


def _verdict(order: Order) -> dict[str, Any]:
    payment = latest_payment(order)
    status = status_of(order, payment)
    organisation = order.organisation
    is_live = organisation is not None and organisation.status == Organisation.Status.ACTIVE
    return {
        "success": order.status == Order.Status.FULFILLED and is_live,
        "status": status,
        "message": STATUS_TEXTS[status],
        "order_status": order.status,
        "payment_status": payment.status if payment else None,
        "organization": represent_organization(order),
    }


def _answer(payment: Payment) -> Response:
    flow = gateways.gateway(payment.method.name, payment.provider_base_url).capabilities.flow
    started = {"success": True, "payment_id": payment.pk, "status": payment.status}
    if payment.status not in Payment.OPEN:
        return _refusal(payment, payment.reason or reasons.UNKNOWN)
    if flow is Flow.MANUAL:
        message = _("Send the transfer with this reference, then upload the receipt.")
        return Response({**started, "message": message, "bank_details": transfer_instructions(payment)})
    if flow is Flow.PUSH:
        waiting = explain(payment.reason).what if payment.reason else _("Approve the request on your phone.")
        return Response({**started, "message": waiting})
    if not payment.redirect_url:
        return _refusal(payment, payment.reason or reasons.PROVIDER_UNAVAILABLE)
    message = _("Confirm the payment on the page that opens.")
    return Response({**started, "message": message, "redirect_url": payment.redirect_url})


def _refusal(payment: Payment, reason: str) -> Response:
    """The provider did not take the attempt: not the caller's fault when it is away or not set up."""
    words = explain(reason)
    body: dict[str, Any] = {
        "success": False,
        "payment_id": payment.pk,
        "status": payment.status,
        "code": reason,
        "detail": f"{words.what} {words.next_step}",
    }
    if reason in (reasons.PAYER_NOT_FOUND, reasons.PAYER_INACTIVE):
        body["fields"] = {"phone_number": [str(words.what)]}
    ours = reason in (reasons.MISCONFIGURED, reasons.PROVIDER_UNAVAILABLE)
    return Response(body, status=503 if ours else 400)


def _ask(payment: Payment) -> None:
    """Resolve the payment, unless somebody is asking the provider at this moment or did within the last second."""
    if payment.checked_at and timezone.now() - payment.checked_at < ASK_EVERY:
        return
    key = f"shared:payment-asked:{payment.pk}"
    try:
        mine = cache.add(key, 1, timeout=LONGEST_CALL_SECONDS)
    except RedisError:
        mine = True
    if not mine:
        return
    try:
        resolve_now_or_soon(payment.pk)
    finally:
        with suppress(RedisError):
            cache.delete(key)


def _check_own_address(url: str) -> str:
    """Refuse addresses that would make the provider send payers to a stranger; raises ValidationError."""
    hosts = {settings.PLATFORM_HOST, host_with_port(settings.PLATFORM_HOST), *getattr(settings, "API_RETURN_HOSTS", ())}
    secure = settings.PLATFORM_SCHEME == "https"
    if url and not (
        url.lower().startswith(("http://", "https://"))
        and url_has_allowed_host_and_scheme(url, allowed_hosts=hosts, require_https=secure)
    ):
        raise serializers.ValidationError(
            _("Use an address on the platform's own host, or on one that the platform allows."), code="foreign_host"
        )
    return url
