"""Fields that nobody may fill in: no form and no serializer takes them, and sending them changes nothing."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest
from django import forms
from django.test import Client
from rest_framework import serializers
from rest_framework.test import APIClient

import billing
import shared_apps
import tenant_apps
from billing.models import Order
from shared_apps.accounts.models import User
from shared_apps.accounts.services.api_sessions import start_session
from shared_apps.site.tests.helpers import logged_in, order_data, send_order
from tests.support.factories import PASSWORD, make_user, price_of

pytestmark = pytest.mark.django_db
# What decides over rights, money and owners. Whoever may change one of these does so by a service of its own.
NEVER_TYPED = {
    "is_staff", "is_superuser", "is_active", "password_hash", "platform_user_id", "user_permissions", "groups", "schema_name",
    "tenant", "tenant_id", "owner", "owner_id", "user_id", "actor", "actor_id", "total", "total_minor", "subtotal",
    "amount_minor", "charge_minor", "paid_until", "activated_at", "plan_version", "token_hash", "key_hash", "created_by",
    "decision_approved", "email_verified", "verified", "for_customers", "consented_at",
}  # fmt: skip
POISON = dict.fromkeys(NEVER_TYPED, "1") | {
    "status": "paid",
    "role": "owner",
    "id": "00000000-0000-4000-8000-000000000000",
}


def modules() -> list[Any]:
    found = []
    for package in (billing, shared_apps, tenant_apps):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not {"migrations", "tests", "management"} & set(info.name.split(".")):
                found.append(importlib.import_module(info.name))
    return found


def classes(base: type) -> list[type]:
    return sorted(
        {
            value
            for module in modules()
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
        },
        key=lambda one: one.__qualname__,
    )


def test_no_form_takes_what_nobody_may_type() -> None:
    found = classes(forms.BaseForm)
    assert len(found) > 15
    assert [one for one in found if issubclass(one, forms.BaseModelForm)] == []
    taken = {
        f"{one.__module__}.{one.__name__}": sorted(NEVER_TYPED & set(getattr(one, "base_fields", {}))) for one in found
    }
    assert {name: fields for name, fields in taken.items() if fields} == {
        "shared_apps.audit.forms.FilterForm": ["actor"],  # whose entries to show
        "tenant_apps.team.account_forms.ProviderForm": ["is_active"],  # whether people may sign in with Google here
        # Whether a partner, a variant, a zone or a till counts: none of them is an account.
        "tenant_apps.store.forms.prices.PartnerForm": ["is_active"],
        "tenant_apps.store.forms.products.VariantRow": ["is_active"],
        "tenant_apps.store.forms.shop.ZoneForm": ["is_active"],
        "tenant_apps.store.forms.till.RegisterForm": ["is_active"],
        "tenant_apps.store.forms.checkout.CheckoutForm": ["total"],  # what was seen: another one is refused
    }


def test_no_serializer_takes_a_models_fields_as_they_are() -> None:
    found = classes(serializers.BaseSerializer)
    assert len(found) > 15
    of_models = [one for one in found if issubclass(one, serializers.ModelSerializer)]
    assert [one.__name__ for one in of_models] == ["AuditLogSerializer"]  # which only shows


def test_registering_with_more_than_the_form_asks_gives_nothing_more() -> None:
    data = {"email": "awa@example.org", "password": PASSWORD, "first_name": "Awa", "last_name": "N", "consent": "on"}
    Client(HTTP_HOST="localhost").post("/signup/", {**POISON, **data})
    body = {**POISON, **data, "email": "binta@example.org", "consent": True}
    answer = APIClient(HTTP_HOST="localhost").post("/api/auth/register/", body, format="json")
    assert answer.status_code == 201, answer.json()
    for email in ("awa@example.org", "binta@example.org"):
        user = User.objects.get(email=email)
        assert (user.is_staff, user.is_superuser, user.platform_user_id) == (False, False, None)
        assert not user.emailaddress_set.filter(verified=True).exists()


def test_an_order_costs_what_its_plan_costs_whatever_is_sent() -> None:
    buyer = make_user()
    answer = send_order(logged_in(buyer), {**POISON, **order_data()})
    assert answer.status_code == 302, answer.content[:300]
    order = Order.objects.get(user=buyer)
    price = price_of(product="store")
    assert (order.total_minor, order.status) == (price.amount_minor, Order.Status.AWAITING_PAYMENT)


def test_ones_own_account_takes_names_and_nothing_else() -> None:
    user = make_user()
    client = APIClient(HTTP_HOST="localhost")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_session(user=user)['access']}")
    client.patch("/api/auth/me/", {**POISON, "first_name": "Nouveau"}, format="json")
    logged_in(user).post("/accounts/", {**POISON, "first_name": "Nouveau", "last_name": "X", "locale": "fr"})
    changed = User.objects.get(pk=user.pk)
    assert changed.first_name == "Nouveau"
    assert (changed.is_staff, changed.is_superuser, changed.is_active) == (False, False, True)
    assert changed.email == user.email
