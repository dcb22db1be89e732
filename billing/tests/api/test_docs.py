"""The OpenAPI document, and that answers are what it says."""

from __future__ import annotations

import base64
import hashlib
import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import get_resolver
from openapi_schema_validator import OAS30Validator

from billing.models import Invoice
from billing.services.payments import start_payment
from billing.tests.api.conftest import client_for, order_body
from shared_apps.accounts.models import User
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    from drf_spectacular.generators import SchemaGenerator

    return plain_null(SchemaGenerator().get_schema(request=None, public=True))


def plain_null(schema: Any) -> Any:
    """OpenAPI 3.0 leaves open what `nullable` means beside `allOf`; read it as code generators do: null is allowed."""
    if isinstance(schema, list):
        return [plain_null(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: plain_null(value) for key, value in schema.items()}
    if plain.get("nullable") and "allOf" in plain:
        return {"anyOf": [{"allOf": plain["allOf"]}, {"nullable": True, "enum": [None]}]}
    return plain


def test_the_document_is_valid_and_complete() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_every_address_of_the_api_is_described(document) -> None:
    def addresses(patterns: Any, prefix: str = "/") -> Any:
        for pattern in patterns:
            here = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from addresses(pattern.url_patterns, here)
            else:
                yield here

    served = {address for address in addresses(get_resolver().url_patterns) if address.startswith("/api/")}
    described = {path.replace("{", "<").replace("}", ">") for path in document["paths"]}
    plain = {address.replace("<uuid:", "<").replace("<int:", "<") for address in served}
    assert plain - described == {"/api/schema/", "/api/docs/"}


def check(document: dict[str, Any], path: str, method: str, answer: Any) -> None:
    """The answer matches what the document says for its path, method and status."""
    described = document["paths"][path][method]["responses"][str(answer.status_code)]
    schema = described["content"]["application/json"]["schema"]
    resolvable = {**schema, "components": document["components"]}
    OAS30Validator(resolvable).validate(answer.json())


def test_answers_are_what_the_document_says(document, client, buyer, anybody) -> None:
    order = make_order(user=buyer)
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    owner = User.objects.get(email="owner-esxi-a@example.org")
    tenant = owner.memberships.get().organisation_id
    t = "/api/tenants"
    invoice = Invoice.objects.get(subscription__organisation_id=tenant).pk
    plan = client.get(f"{t}/plans/").json()[0]["id"]
    gets = [
        ("/plans/", "/plans/", anybody),
        ("/plans/{plan_id}/", f"/plans/{plan}/", anybody),
        ("/plans/{plan_id}/features/", f"/plans/{plan}/features/", anybody),
        ("/plans/{plan_id}/", "/plans/0/", anybody),
        ("/payment-methods/", "/payment-methods/", anybody),
        ("/orders/", "/orders/", client),
        ("/orders/", "/orders/", anybody),
        ("/orders/{order_id}/", f"/orders/{order.pk}/", client),
        ("/payments/", "/payments/", client),
        ("/payments/{payment_id}/", f"/payments/{payment.pk}/", client),
        ("/invoices/", "/invoices/", client_for(owner)),
        ("/invoices/{invoice_id}/", f"/invoices/{invoice}/", client_for(owner)),
        ("/invoices/{invoice_id}/download/", f"/invoices/{invoice}/download/", client),
        ("/organizations/", "/organizations/", client_for(owner)),
        ("/organizations/{organization_id}/", f"/organizations/{tenant}/", client_for(owner)),
        ("/organizations/{organization_id}/members/", f"/organizations/{tenant}/members/", client_for(owner)),
        ("/organizations/{organization_id}/usage/", f"/organizations/{tenant}/usage/", client_for(owner)),
    ]
    for described, path, caller in gets:
        check(document, t + described, "get", caller.get(t + path))
    posts = [
        ("/orders/", "/orders/", order_body()),
        ("/orders/", "/orders/", {}),
        ("/orders/{order_id}/initiate_payment/", f"/orders/{order.pk}/initiate_payment/", {"payment_method": "bank_transfer"}),
        ("/orders/{order_id}/verify_payment/", f"/orders/{order.pk}/verify_payment/", {}),
        ("/coupons/validate/", "/coupons/validate/", {"code": "X", "plan_id": plan}),
    ]  # fmt: skip
    for described, path, body in posts:
        check(document, t + described, "post", client.post(t + path, body, format="json"))


def test_the_document_and_its_page_are_served(anybody) -> None:
    schema = anybody.get("/api/schema/", headers={"Authorization": "Bearer stale"})
    assert schema.status_code == 200
    page = anybody.get("/api/docs/")
    assert page.status_code == 200
    assert b"swagger-ui-bundle.js" in page.content
    policy = page["Content-Security-Policy"]
    assert "unsafe" not in policy
    for style in re.findall(rb"<style>(.*?)</style>", page.content, re.DOTALL):
        assert base64.b64encode(hashlib.sha256(style).digest()).decode() in policy
    assert not re.search(rb"<script>|style=", page.content)
    script = anybody.get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert b"/api/schema/" in script.content


@pytest.mark.parametrize("path", ["/api/docs/", "/api/schema/"])
@pytest.mark.parametrize("method", ["options", "post", "put", "delete"])
def test_they_are_only_read(anybody, path, method) -> None:
    assert getattr(anybody, method)(path).status_code == 405
