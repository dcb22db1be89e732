"""What is on sale, and how it can be paid. Open to everybody."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import Plan, Price
from billing.selectors import payment_methods, plans_on_sale
from shared_apps.core.api import OpenView, errors
from shared_apps.core.errors import NotFound
from shared_apps.organisations.models import Product

# The currency of the plain `monthly_price` and `yearly_price` fields.
PLAIN_PRICE_CURRENCY = "XAF"


class AmountSerializer(serializers.Serializer):
    amount_minor = serializers.IntegerField(help_text="In the currency's smallest unit.")
    amount = serializers.CharField(help_text="In major units, as exact digits.")


class PlanSerializer(serializers.Serializer):
    """A plan as it is sold now."""

    id = serializers.IntegerField()
    product = serializers.ChoiceField(choices=Product.choices)
    name = serializers.CharField()
    display_name = serializers.CharField()
    is_recommended = serializers.BooleanField()
    prices = serializers.DictField(
        child=serializers.DictField(child=AmountSerializer()),
        help_text="Cycle (monthly, quarterly, yearly), then currency.",
    )
    monthly_price = serializers.IntegerField(allow_null=True, help_text="In XAF.")
    yearly_price = serializers.IntegerField(allow_null=True, help_text="In XAF.")
    quotas = serializers.DictField(child=serializers.IntegerField(allow_null=True), help_text="null: unlimited")
    features = serializers.ListField(child=serializers.CharField())
    retention = serializers.DictField(child=serializers.IntegerField(), help_text="In days.")


class PlanFeaturesSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    product = serializers.ChoiceField(choices=Product.choices)
    name = serializers.CharField()
    display_name = serializers.CharField()
    features = serializers.ListField(child=serializers.CharField())
    quotas = serializers.DictField(child=serializers.IntegerField(allow_null=True), help_text="null: unlimited")
    retention = serializers.DictField(child=serializers.IntegerField(), help_text="In days.")


class PaymentMethodSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(help_text="paypal, mtn_momo or bank_transfer")
    display_name = serializers.CharField()
    is_automatic = serializers.BooleanField(help_text="false: a person checks the payment")
    is_active = serializers.BooleanField()


class PlanFilterSerializer(serializers.Serializer):
    product = serializers.ChoiceField(choices=Product.choices, required=False)


def plan_on_sale(plan_id: int) -> Plan | None:
    """A plan with its current version and prices, or None when it is not sold."""
    return plans_on_sale().filter(pk=plan_id).first()


def represent_plan(plan: Plan) -> dict[str, Any]:
    """A plan of `plans_on_sale` as JSON."""
    version = plan.current_versions[0]  # type: ignore[attr-defined]  # set by plans_on_sale
    prices: dict[str, dict[str, Any]] = {}
    for price in version.prices.all():
        prices.setdefault(price.cycle, {})[price.currency] = {
            "amount_minor": price.amount_minor,
            "amount": price.amount.as_text(),
        }
    return {
        **_represent_features(plan),
        "is_recommended": plan.is_recommended,
        "prices": prices,
        "monthly_price": _plain_price(version.prices.all(), "monthly"),
        "yearly_price": _plain_price(version.prices.all(), "yearly"),
    }


def _plain_price(prices: QuerySet[Price], cycle: str) -> int | None:
    for price in prices:
        if price.cycle == cycle and price.currency == PLAIN_PRICE_CURRENCY:
            return price.amount_minor  # XAF has no decimals: minor units are francs
    return None


def _represent_features(plan: Plan) -> dict[str, Any]:
    version = plan.current_versions[0]  # type: ignore[attr-defined]  # set by plans_on_sale
    return {
        "id": plan.pk,
        "product": plan.product,
        "name": plan.name,
        "display_name": plan.display_name,
        "features": version.features,
        "quotas": version.quotas,
        "retention": version.retention,
    }


def _access_plan(plan_id: int) -> Plan:
    plan = plan_on_sale(plan_id)
    if plan is None:
        raise NotFound
    return plan


class PlansView(OpenView):
    @extend_schema(
        operation_id="plans_list",
        tags=["plans"],
        summary="Plans on sale",
        parameters=[OpenApiParameter("product", enum=Product.values, description="Only the plans of this product.")],
        responses={200: PlanSerializer(many=True), **errors(400)},
    )
    def get(self, request: Request) -> Response:
        wanted = PlanFilterSerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        return Response([represent_plan(plan) for plan in plans_on_sale().filter(**wanted.validated_data)])


class PlanView(OpenView):
    @extend_schema(
        operation_id="plans_retrieve",
        tags=["plans"],
        summary="One plan",
        responses={200: PlanSerializer, **errors(404)},
    )
    def get(self, request: Request, plan_id: int) -> Response:
        return Response(represent_plan(_access_plan(plan_id)))


class PlanFeaturesView(OpenView):
    @extend_schema(
        operation_id="plans_features",
        tags=["plans"],
        summary="What a plan gives",
        responses={200: PlanFeaturesSerializer, **errors(404)},
    )
    def get(self, request: Request, plan_id: int) -> Response:
        return Response(_represent_features(_access_plan(plan_id)))


class PaymentMethodsView(OpenView):
    @extend_schema(
        operation_id="payment_methods_list",
        tags=["plans"],
        summary="Ways to pay",
        responses={200: PaymentMethodSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        return Response(PaymentMethodSerializer(payment_methods(), many=True).data)
