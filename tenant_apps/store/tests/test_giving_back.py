"""Money that goes back: how much is proposed, and what is said of it meanwhile."""

from __future__ import annotations

import re
import uuid

from billing.money import Money
from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.payments.models import Payment, Refund
from tenant_apps.payments.services.by_hand import record_cash
from tenant_apps.payments.services.refunds import finish_by_hand, request_refund
from tenant_apps.store.models import Invoice, Order
from tenant_apps.store.payee import PURPOSE, OrderPayee
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


def given_back(payment: Payment, minor: int) -> None:
    """Money that staff have given back by hand."""
    staff, amount = User.objects.get(is_staff=True), Money(minor, payment.currency)
    refund = request_refund(
        payment=payment, amount=amount, reason="Autrement", by=staff, key=uuid.uuid4(), by_hand=True
    )
    finish_by_hand(refund=refund, by=staff, reference="")


def cash(order: Order, minor: int) -> Payment:
    amount, staff = Money(minor, order.currency), User.objects.get(is_staff=True)
    return record_cash(purpose=PURPOSE, subject=order.pk, amount=amount, by=staff, key=uuid.uuid4())


def test_a_part_that_was_given_back_is_to_be_paid_again(owner: Browser) -> None:
    order = ordered(cart_with((stocked(price_minor=10_000), 1)), method="bank_transfer")
    given_back(cash(order, 4_000), 4_000)
    assert OrderPayee().bill_of(order.pk).due.minor == 11_500
    cash(order, 7_500)
    order.refresh_from_db()
    assert (order.status, Invoice.objects.count()) == ("pending", 0)
    cash(order, 4_000)
    order.refresh_from_db()
    assert (order.status, Invoice.objects.get().total_minor) == ("confirmed", 11_500)
    assert OrderPayee().bill_of(order.pk).due.minor == 0


def test_what_is_given_back_of_an_order_that_was_paid_is_not_asked_for_again(owner: Browser) -> None:
    order = ordered(cart_with((stocked(price_minor=10_000), 1)), method="bank_transfer")
    given_back(cash(order, 11_500), 3_000)
    assert OrderPayee().bill_of(order.pk).due.minor == 0


def test_money_that_was_paid_twice_is_given_back_without_a_credit_note(owner: Browser) -> None:
    order = ordered(cart_with((stocked(price_minor=10_000), 1)), method="bank_transfer")
    cash(order, 11_500)
    second = cash(order, 11_500)
    given_back(second, 11_500)
    assert not Invoice.objects.filter(kind="credit_note").exists()
    given_back(Payment.objects.exclude(pk=second.pk).get(), 5_000)
    assert Invoice.objects.get(kind="credit_note").total_minor == 5_000


def test_cash_is_noted_once_and_only_as_much_as_the_page_said(owner: Browser) -> None:
    order = ordered(cart_with((stocked(price_minor=10_000), 1)))
    address = f"/staff/orders/{order.number}/cash/"
    shown = owner.get(f"/staff/orders/{order.number}/").context["story"].due_minor
    cash(order, 4_000)
    for due in (str(shown), "", "9" * 30, "\u0665"):
        assert owner.post(address, {"key": uuid.uuid4(), "due": due}).status_code == 302
    assert [payment.amount_minor for payment in Payment.objects.all()] == [4_000]
    for _tab in range(2):
        owner.post(address, {"key": uuid.uuid4(), "due": "7500"})
    order.refresh_from_db()
    assert order.paid_minor == 11_500


def test_nobody_cancels_an_order_that_was_just_paid(tenant: Tenant) -> None:
    order = ordered(cart_with((stocked(price_minor=10_000), 1)), method="bank_transfer")
    cash(order, 11_500)
    Browser(tenant).post(f"/orders/{order.pk}/cancel/")
    order.refresh_from_db()
    assert order.status == "confirmed"


def test_an_order_whose_goods_came_back_is_listed_until_their_money_went_back(owner: Browser) -> None:
    order, staff = paid_at_the_door(3), owner
    listed = f"/staff/orders/{order.number}/"
    assert listed not in staff.get("/staff/orders/?view=to_refund").content.decode()
    came_back(order, 1)
    assert listed in staff.get("/staff/orders/?view=to_refund").content.decode()
    payment = Payment.objects.get(subject=order.pk)
    refund = request_refund(
        payment=payment, amount=Money(9_000, order.currency), reason="Trop petit", by=User.objects.get(is_staff=True),
        key=uuid.uuid4(),
    )  # fmt: skip
    finish_by_hand(refund=refund, by=User.objects.get(is_staff=True))
    assert listed not in staff.get("/staff/orders/?view=to_refund").content.decode()
