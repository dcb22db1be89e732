"""What the site's tests share."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.notifications.services import send_due_emails
from tests.support.factories import make_user

PASSWORD = "calme-baobab-2026"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def visitor() -> Client:
    """Somebody on the platform's own host."""
    return Client(HTTP_HOST="localhost")


def logged_in(user: User | None = None) -> Client:
    """A client of a platform account."""
    client = visitor()
    client.user = user or make_user()
    client.force_login(client.user, backend=BACKEND)
    return client


def account_data(**changes: Any) -> dict[str, Any]:
    return {
        "email": "awa@example.org",
        "password": PASSWORD,
        "first_name": "Awa",
        "last_name": "Ndiaye",
        "consent": "on",
        **changes,
    }


def order_data(**changes: Any) -> dict[str, Any]:
    return {
        "organisation_name": "Marché Élégant",
        "subdomain": "marche-elegant",
        "product": "store",
        "plan": "premium",
        "cycle": "monthly",
        "currency": "XAF",
        "coupon_code": "",
        "customer_name": "Awa Ndiaye",
        "country": "CM",
        "city": "Douala",
        "address": "Akwa",
        "phone": "+237 6 70 12 34 56",
        "tax_number": "M0123",
        "order": "1",
        **changes,
    }


def send_order(client: Client, data: dict[str, Any] | None = None, **changes: Any) -> Any:
    """Send step 3 of sign-up as somebody does who has seen the amount of what they order."""
    data = data or order_data(**changes)
    seen = client.post("/signup/offer/", data).context.get("quote", "")
    return client.post("/signup/organisation/", {**data, "quote": seen})


def last_mail() -> str:
    """The text of the newest mail, after sending what is due."""
    send_due_emails()
    return str(mail.outbox[-1].body)


def code_in(text: str) -> str:
    found = re.search(r"\b(\d{6})\b", text)
    assert found
    return found[1]


def link_in(text: str) -> str:
    """The path of the link in a mail."""
    found = re.search(r"https?://[^/\s]+(/signup/verify/\S+)", text)
    assert found
    return found[1]


def text_of(response: Any) -> str:
    return response.content.decode()
