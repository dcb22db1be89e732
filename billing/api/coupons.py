"""Trying a coupon before ordering."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.orders import MAX_ID, CountryField, wanted_plan, wanted_price
from billing.models import Cycle
from billing.pricing import Amounts
from billing.services.coupons import check_coupon
from billing.services.orders import quote_order
from shared_apps.core.api import ApiView, errors, one_line, validated
from shared_apps.core.errors import DomainError


class CouponInputSerializer(serializers.Serializer):
    code = serializers.CharField(max_length=30, validators=[one_line])
    plan_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    billing_cycle = serializers.ChoiceField(choices=Cycle.choices, default="monthly")
    currency = serializers.ChoiceField(choices=sorted(settings.SOLD_CURRENCIES), default=settings.SOLD_CURRENCIES[0])
    country = CountryField(required=False, help_text="The customer's, for the tax. Left out: the platform's.")
    tax_number = serializers.CharField(max_length=40, allow_blank=True, default="", validators=[one_line])


class CouponAnswerSerializer(serializers.Serializer):
    """Whether a code can be used, and what the order would cost; `code` and `detail` say why it cannot."""

    valid = serializers.BooleanField()
    code = serializers.CharField(required=False, help_text="Why not, for machines.")
    detail = serializers.CharField(required=False, help_text="Why not, for people.")
    currency = serializers.CharField(required=False)
    subtotal_minor = serializers.IntegerField(required=False)
    subtotal = serializers.CharField(required=False)
    discount_minor = serializers.IntegerField(required=False)
    discount_amount = serializers.CharField(required=False)
    net_minor = serializers.IntegerField(required=False, help_text="The total without its tax.")
    net_amount = serializers.CharField(required=False)
    tax_minor = serializers.IntegerField(required=False)
    tax_amount = serializers.CharField(required=False)
    tax_included = serializers.BooleanField(required=False)
    total_minor = serializers.IntegerField(required=False)
    total_amount = serializers.CharField(required=False)


class ValidateCouponView(ApiView):
    rate = "coupon"

    @extend_schema(
        operation_id="coupons_validate",
        tags=["coupons"],
        summary="Try a coupon",
        request=CouponInputSerializer,
        responses={200: CouponAnswerSerializer, **errors(400, 401, 429)},
    )
    def post(self, request: Request) -> Response:
        given = validated(CouponInputSerializer, request)
        plan = wanted_plan(given["plan_id"])
        price = wanted_price(plan, cycle=given["billing_cycle"], currency=given["currency"])
        try:
            coupon = check_coupon(code=given["code"], plan=plan, currency=price.currency, user=request.user)
        except DomainError as refusal:
            return Response({"valid": False, "code": refusal.code, "detail": str(refusal.message)})
        country = given.get("country") or settings.MOMO_REGION
        quote = quote_order(
            user=request.user, price=price, country=country, tax_number=given["tax_number"], coupon=coupon
        )
        return Response({"valid": True, **_represent(quote.amounts)})


def _represent(amounts: Amounts) -> dict[str, Any]:
    return {
        "currency": amounts.total.currency,
        "subtotal_minor": amounts.subtotal.minor,
        "subtotal": amounts.subtotal.as_text(),
        "discount_minor": amounts.discount.minor,
        "discount_amount": amounts.discount.as_text(),
        "net_minor": amounts.net.minor,
        "net_amount": amounts.net.as_text(),
        "tax_minor": amounts.tax.minor,
        "tax_amount": amounts.tax.as_text(),
        "tax_included": amounts.rule.is_included,
        "total_minor": amounts.total.minor,
        "total_amount": amounts.total.as_text(),
    }
