"""Money that goes back: how much is proposed, and what is said of it meanwhile."""

from __future__ import annotations

import re
import uuid

from billing.money import Money
from shared_apps.accounts.models import User
from tenant_apps.payments.models import Payment, Refund
from tenant_apps.payments.services.by_hand import record_cash
from tenant_apps.store.models import Order
from tenant_apps.store.payee import PURPOSE
from tenant_apps.store.services import fulfilment
from tenant_apps.store.tests.selling import cart_with, ordered, stocked
from tests.support.tenants import Browser


def paid_at_the_door(pieces: int) -> Order:
    """An order of so many pieces at 9 000, delivered for 1 500 and paid in cash."""
    order = ordered(cart_with((stocked(pieces=5, price_minor=9_000), pieces)))
    staff = User.objects.get(is_staff=True)
    line = order.lines.get()
    fulfilment.ship_order(order_id=order.pk, key=uuid.uuid4(), pieces={line.pk: pieces}, by=staff)
    record_cash(
        purpose=PURPOSE, subject=order.pk, amount=Money(order.total_minor, order.currency), by=staff, key=uuid.uuid4()
    )
    return order


def came_back(order: Order, pieces: int) -> None:
    fulfilment.take_back(
        order_id=order.pk, key=uuid.uuid4(), pieces={order.lines.get().pk: pieces}, reason="Trop petit", location=None,
        by=User.objects.get(is_staff=True),
    )  # fmt: skip


def proposed(staff: Browser, payment: Payment) -> str:
    """What the form to give money back has in it, as a number."""
    page = staff.get(f"/staff/payments/{payment.pk}/").content.decode()
    found = re.search(r'<input[^>]*name="amount"[^>]*value="([^"]*)"', page)
    return re.sub(r"\D", "", found[1]) if found else ""


def test_what_came_back_is_proposed_and_is_said_to_be_on_its_way(owner: Browser) -> None:
    order, staff = paid_at_the_door(3), owner
    payment = Payment.objects.get(subject=order.pk)
    assert proposed(staff, payment) == "28500"
    came_back(order, 1)
    assert proposed(staff, payment) == "9000"
    page = staff.get(f"/staff/orders/{order.number}/").content.decode()
    assert "FCFA</span> à rembourser" in page
    form = {"key": uuid.uuid4(), "amount": "9000", "reason": "Trop petit"}
    assert staff.post(f"/staff/payments/{payment.pk}/refund/", form).status_code == 302
    assert Refund.objects.get().bill_minor == 9_000
    page = staff.get(f"/staff/orders/{order.number}/").content.decode()
    assert "</span> à rembourser" not in page
    assert "9\u202f000\xa0FCFA</span> en cours de remboursement" in page
    assert proposed(staff, payment) == "19500"  # nothing more is owed
