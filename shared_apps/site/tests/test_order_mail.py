"""The mail about a new order."""

from __future__ import annotations

import pytest
from django.core import mail

from billing.models import Coupon
from shared_apps.notifications.services import send_due_emails
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def test_it_says_that_the_order_awaits_payment_for_what_and_until_when() -> None:
    order = make_order(product="events", locale="en")
    send_due_emails()
    [message] = [one for one in mail.outbox if one.subject == f"Your order {order.number} awaits payment"]
    body = str(message.body)
    assert "Events Premium" in body
    assert str(order.expires_at.year) in body
    assert "{" not in body


def test_an_order_that_costs_nothing_awaits_nothing() -> None:
    Coupon.objects.create(code="OFFERT", percent=100)
    order = make_order(coupon_code="OFFERT", locale="en")
    send_due_emails()
    [message] = [one for one in mail.outbox if one.subject == f"Your order {order.number}"]
    assert "awaits" not in f"{message.subject} {message.body}"
