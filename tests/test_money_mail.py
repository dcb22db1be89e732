"""What payers read in their mail about money: what it opened and until when, and its worth in the order's currency."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from billing.models import Invoice, Order
from billing.money import Money
from billing.services.refund_sending import send_refund
from billing.services.refunds import request_refund
from billing.services.renewals import open_renewal
from billing.services.subscriptions import add_credit
from shared_apps.core.dates import written
from shared_apps.notifications.services import send_due_emails
from tests.books import by_paypal
from tests.support.factories import make_admin, make_order, pay_by_transfer
from tests.support.subscriptions import ended, order_gold, paid_for_days, ready_subscription

pytestmark = pytest.mark.django_db


def read(order: Order, subject: str) -> str:
    """The one mail with that beginning that names the order; spaces as typed."""
    send_due_emails()
    [found] = [one for one in mail.outbox if one.subject.startswith(subject) and order.number in str(one.body)]
    return f"{found.subject}\n{found.body}".replace("\xa0", " ").replace("\u202f", " ")


def until(order: Order) -> str:
    order.refresh_from_db()
    assert order.period_end
    return written(timezone.localtime(order.period_end), "d MMMM y", locale="fr")


def test_a_renewal_says_until_when_it_is_paid() -> None:
    order = open_renewal(subscription_id=ready_subscription("store-a").pk)
    pay_by_transfer(order)
    body = read(order, "Paiement reçu")
    assert f"Votre abonnement est payé jusqu’au {until(order)}" in body
    assert "rouvert" not in body


def test_one_that_opens_the_workspace_again_says_so() -> None:
    subscription = ended(days=20, status="suspended", hold="unpaid", suspended_at=timezone.now() - timedelta(days=13))
    order = open_renewal(subscription_id=subscription.pk)
    pay_by_transfer(order)
    assert f"Votre espace est rouvert, et son abonnement est payé jusqu’au {until(order)}" in read(order, "Paiement")


def test_one_that_credit_paid_is_told_with_its_invoice() -> None:
    subscription = ready_subscription("store-a")
    with transaction.atomic():
        add_credit(subscription_id=subscription.pk, amount=Money(30_000, "XAF"))
    order = open_renewal(subscription_id=subscription.pk)
    body = read(order, f"Commande {order.number}")
    assert "Votre crédit a réglé 25 000 FCFA, soit toute votre commande" in body
    assert f"Votre abonnement est payé jusqu’au {until(order)}" in body
    assert Invoice.objects.get(order=order).number in body


def test_a_change_names_the_plan() -> None:
    subscription = paid_for_days(ready_subscription("store-a"), total=30, left=10)
    order = order_gold(subscription)
    pay_by_transfer(order)
    assert "La formule Gold est en place dès maintenant" in read(order, "Paiement reçu")


def test_euros_are_told_with_the_francs_that_they_paid(simulator: Any) -> None:
    order = make_order()
    by_paypal(simulator, order)
    body = read(order, "Paiement reçu")
    assert body.startswith("Paiement reçu : 38,11 € (25 000 FCFA)")


def test_a_refund_tells_its_worth_and_names_its_credit_note(simulator: Any) -> None:
    payment = by_paypal(simulator)
    refund = request_refund(payment=payment, amount=Money(1_000, "EUR"), reason="Geste", actor=make_admin())
    send_refund(refund.pk)
    note = Invoice.objects.get(order_id=payment.order_id, kind="credit_note")
    body = read(payment.order, "Nous vous avons remboursé")
    assert "10,00 € (6 560 FCFA)" in body
    assert f"Votre avoir {note.number} se trouve avec vos factures" in body
