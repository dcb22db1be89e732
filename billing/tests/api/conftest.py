"""Callers of the API, and what they send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from billing.models import Order
from shared_apps.accounts.models import User
from shared_apps.accounts.services.api_sessions import start_session
from tests.support.factories import make_admin, make_user, price_of

Body = dict[str, Any]


def client_for(user: User | None = None) -> APIClient:
    """A client on the platform's host, with somebody's access token."""
    client = APIClient(HTTP_HOST="localhost")
    if user:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_session(user=user)['access']}")
    return client


@pytest.fixture
def anybody(db: None) -> APIClient:
    return client_for()


@pytest.fixture
def buyer(db: None) -> User:
    return make_user(email="awa@example.org", first_name="Awa", last_name="Ndiaye")


@pytest.fixture
def client(buyer: User) -> APIClient:
    return client_for(buyer)


@pytest.fixture
def stranger(db: None) -> APIClient:
    return client_for(make_user())


@pytest.fixture
def admin(db: None) -> APIClient:
    return client_for(make_admin())


def order_body(**changes: Any) -> Body:
    """The body of a good order."""
    return {
        "plan_id": price_of(product="esxi").version.plan_id,
        "billing_cycle": "monthly",
        "currency": "XAF",
        "organization_name": "Entreprise XYZ",
        "subdomain": "entreprise-xyz",
        "customer_name": "Entreprise XYZ",
        "customer_email": "contact@xyz.example",
        "customer_phone": "237670000000",
        **changes,
    }


@pytest.fixture
def ordered(client: APIClient) -> Callable[..., Order]:
    """Make an order over the API and return its row."""

    def order(**changes: Any) -> Order:
        answer = client.post("/api/tenants/orders/", order_body(**changes), format="json")
        assert answer.status_code == 201, answer.json()
        return Order.objects.get(pk=answer.json()["id"])

    return order
