"""Orders: making them and looking at them."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from babel import Locale
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.ordering import place_order
from billing.api.plans import plan_on_sale
from billing.models import Cycle, Order, Plan, Price
from billing.money import Money
from billing.selectors import access_order, payable_by, price_on_sale
from billing.services.orders import Customer, NewOrder, Shown
from shared_apps.core.api import PAGE_PARAMETER, ApiView, errors, one_line, page_of, paginated, validated
from shared_apps.organisations.api import describe
from shared_apps.organisations.models import Organisation

MAX_ID = 2**63 - 1
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{4,18}[0-9]")
_NOT_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
COUNTRIES = {code for code in Locale("en").territories if re.fullmatch("[A-Z]{2}", str(code))} - _NOT_COUNTRIES


class CountryField(serializers.CharField):
    """Two letters, in capitals or not."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=2, **options)

    def to_internal_value(self, data: Any) -> str:
        country = str(super().to_internal_value(data)).upper()
        if country not in COUNTRIES:
            raise serializers.ValidationError(_("Use the two letters of a country, for example CM."))
        return country


class OrderInputSerializer(serializers.Serializer):
    """What is needed to order a workspace."""

    plan_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    billing_cycle = serializers.ChoiceField(choices=Cycle.choices)
    currency = serializers.ChoiceField(choices=sorted(settings.SOLD_CURRENCIES), default=settings.SOLD_CURRENCIES[0])
    organization_name = serializers.CharField(
        max_length=120, required=False, validators=[one_line], help_text="Left out: the customer's name."
    )
    subdomain = serializers.CharField(
        max_length=100, required=False, help_text="Left out: made from the organisation's name."
    )
    customer_name = serializers.CharField(max_length=120, validators=[one_line])
    customer_email = serializers.EmailField(max_length=254, required=False, help_text="Left out: the caller's address.")
    customer_phone = serializers.CharField(max_length=30, allow_blank=True, default="")
    customer_address = serializers.CharField(max_length=300, allow_blank=True, default="")
    tax_number = serializers.CharField(max_length=40, allow_blank=True, default="", validators=[one_line])
    country = CountryField(required=False, help_text="ISO 3166-1 alpha-2.")
    locale = serializers.ChoiceField(choices=["fr", "en"], required=False)
    coupon_code = serializers.CharField(max_length=30, allow_blank=True, default="", validators=[one_line])
    expected_total_minor = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_ID,
        help_text="The total you showed your customer. Where the order costs anything else, it is refused with 409 price_changed.",
    )

    def validate_customer_phone(self, value: str) -> str:
        if value and not (_PHONE.fullmatch(value) and len(value) <= 20):
            raise serializers.ValidationError(_("This is not a phone number. Use digits, for example 6 70 12 34 56."))
        return value


class OrderPlanSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    product = serializers.CharField()
    name = serializers.CharField()
    display_name = serializers.CharField()


class OrganizationShortSerializer(serializers.Serializer):
    """The workspace of an order."""

    name = serializers.CharField()
    slug = serializers.CharField()
    schema_name = serializers.CharField()
    url = serializers.CharField(help_text="Empty while the workspace has no host.")
    status = serializers.CharField()

    def to_representation(self, organisation: Organisation) -> dict[str, Any]:
        return describe(organisation)


class OrderSerializer(serializers.Serializer):
    """An order. Amounts are given in minor units and, as exact digits, in major units."""

    id = serializers.UUIDField()
    order_number = serializers.CharField(source="number")
    kind = serializers.ChoiceField(choices=Order.Kind.choices)
    status = serializers.ChoiceField(choices=Order.Status.choices)
    plan = OrderPlanSerializer(source="plan_version.plan")
    billing_cycle = serializers.ChoiceField(source="cycle", choices=Cycle.choices)
    currency = serializers.CharField()
    subtotal_minor = serializers.IntegerField()
    subtotal = serializers.CharField(source="subtotal.as_text")
    discount_minor = serializers.IntegerField()
    discount_amount = serializers.CharField(source="discount.as_text")
    proration_minor = serializers.IntegerField(help_text="Taken off: what is unused of the plan before a change.")
    net_minor = serializers.IntegerField(source="net.minor", help_text="The total without its tax.")
    net_amount = serializers.CharField(source="net.as_text")
    tax_minor = serializers.IntegerField()
    tax_amount = serializers.CharField(source="tax.as_text")
    tax_name = serializers.CharField(help_text="Empty where no tax is due.")
    tax_percent = serializers.DecimalField(max_digits=6, decimal_places=3, help_text="As exact digits.")
    tax_included = serializers.BooleanField(help_text="true: the subtotal includes the tax. false: it is added.")
    total_minor = serializers.IntegerField()
    total_amount = serializers.CharField(source="total.as_text")
    credit_minor = serializers.IntegerField(help_text="Of the total, paid by the organisation's credit.")
    due_minor = serializers.IntegerField(source="due.minor", help_text="What is left to pay.")
    period_start = serializers.DateTimeField(allow_null=True, help_text="Of a first order: known once it is paid.")
    period_end = serializers.DateTimeField(allow_null=True)
    coupon_code = serializers.CharField(source="coupon.code", default="")
    organization_name = serializers.CharField(source="organisation_name")
    subdomain = serializers.CharField()
    customer_name = serializers.CharField()
    customer_email = serializers.CharField()
    customer_phone = serializers.CharField()
    customer_address = serializers.CharField()
    country = serializers.CharField(source="customer_country")
    tax_number = serializers.CharField()
    locale = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    organization = OrganizationShortSerializer(source="organisation", allow_null=True)


def represent_organization(order: Order) -> Any:
    """The order's workspace in short, or None until there is one."""
    return describe(order.organisation) if order.organisation else None


def represent_order(order: Order) -> Any:
    """An order as JSON."""
    return OrderSerializer(order).data


def _orders_of(user: Any) -> QuerySet[Order]:
    return (
        Order.objects.filter(payable_by(user))
        .select_related("plan_version__plan", "coupon", "organisation")
        .prefetch_related("organisation__domains")
        .order_by("-created_at", "pk")
    )


class OrdersView(ApiView):
    @extend_schema(
        operation_id="orders_list",
        tags=["orders"],
        summary="My orders, and those of organisations whose bills I look after",
        parameters=[PAGE_PARAMETER],
        responses={200: page_of(OrderSerializer), **errors(401, 404)},
    )
    def get(self, request: Request) -> Response:
        return paginated(self, _orders_of(request.user), represent_order)

    @extend_schema(
        operation_id="orders_create",
        tags=["orders"],
        summary="Order a workspace",
        description="The name is held until the order is paid or expires. A total of 0 is paid at once.",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                location=OpenApiParameter.HEADER,
                description="Up to 64 characters of your choice: repeating a request with its key makes one order.",
            )
        ],
        request=OrderInputSerializer,
        responses={201: OrderSerializer, **errors(400, 401, 409)},
    )
    def post(self, request: Request) -> Response:
        given = validated(OrderInputSerializer, request)
        price, expected = _price(given), given.get("expected_total_minor")
        new = NewOrder(
            price=price,
            shown=None if expected is None else Shown(Money(expected, price.currency)),
            organisation_name=given.get("organization_name") or given["customer_name"],
            subdomain=given.get("subdomain", ""),
            customer=_customer(given, request.user),
            locale=given.get("locale") or get_language() or settings.LANGUAGE_CODE,
            coupon_code=given["coupon_code"],
        )
        order = place_order(user=request.user, new=new, idempotency_key=_idempotency_key(request))
        return Response(represent_order(order), status=201)


class OrderView(ApiView):
    @extend_schema(
        operation_id="orders_retrieve",
        tags=["orders"],
        summary="One of my orders",
        responses={200: OrderSerializer, **errors(401, 404)},
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        return Response(represent_order(access_order(request.user, order_id)))


def wanted_plan(plan_id: int) -> Plan:
    """The plan that a request names; raises ValidationError on `plan_id`."""
    plan = plan_on_sale(plan_id)
    if plan is None:
        raise serializers.ValidationError({"plan_id": [_("This plan is not on sale. See the list of plans.")]})
    return plan


def wanted_price(plan: Plan, *, cycle: str, currency: str) -> Price:
    """The price that a request names; raises ValidationError on `currency`."""
    price = price_on_sale(product=plan.product, plan=plan.name, cycle=cycle, currency=currency)
    if price is None:
        raise serializers.ValidationError(
            {"currency": [_("This plan is not sold in this currency for this period. See its prices.")]}
        )
    return price


def _price(given: dict[str, Any]) -> Price:
    return wanted_price(wanted_plan(given["plan_id"]), cycle=given["billing_cycle"], currency=given["currency"])


def _customer(given: dict[str, Any], user: Any) -> Customer:
    return Customer(
        name=given["customer_name"],
        email=given.get("customer_email") or user.email,
        country=given.get("country") or settings.MOMO_REGION,
        phone=given["customer_phone"],
        address=given["customer_address"],
        tax_number=given["tax_number"],
    )


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key", "").strip()
    if not re.fullmatch(r"[\x21-\x7e]{0,64}", key):
        raise serializers.ValidationError(
            {"Idempotency-Key": [_("Use up to 64 letters, digits and signs, without spaces.")]}
        )
    return key or None
