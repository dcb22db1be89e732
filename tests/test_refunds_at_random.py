"""Parts given back at random, in francs and in euros at the frozen rate: never above what came, and booked to the unit.

Failure cases (docs/failure-cases.md): Case 14, Case 25.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import Order, Payment, Refund
from billing.money import Money
from billing.services import refund_steps
from billing.services.refunds import request_refund
from billing.services.reversals import note_refunded
from shared_apps.core.errors import DomainError
from tests.books import balances, by_paypal, check_books, notes_of
from tests.support.factories import make_admin, make_order, pay_by_transfer

pytestmark = pytest.mark.django_db

ACTS = st.lists(
    st.tuples(st.sampled_from(["give", "give", "fail", "elsewhere", "credit"]), st.integers(1, 4_500)),
    min_size=1, max_size=8,
)  # fmt: skip


@pytest.fixture(params=["francs", "euros"])
def paid(request: pytest.FixtureRequest) -> Payment:
    """25 000 francs, as they are or as 38.11 euros."""
    if request.param == "francs":
        return pay_by_transfer(make_order())
    return by_paypal(request.getfixturevalue("simulator"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_parts_at_random_never_make_more_than_came(paid: Payment, acts: list[tuple[str, int]]) -> None:
    admin = make_admin()
    with transaction.atomic():
        for name, size in [*acts, ("give", 0)]:
            do(name, size, paid, admin)
            after = Payment.objects.get(pk=paid.pk)
            assert 0 <= after.refunded_minor + after.refunding_minor <= (after.received_minor or 0)
        check_books()
        finished(paid)
        transaction.set_rollback(True)


def do(name: str, size: int, paid: Payment, admin: Any) -> None:
    """One act of the given size; 0 is all that is left."""
    payment = Payment.objects.select_related("order__user", "method").get(pk=paid.pk)
    if name == "elsewhere":
        done = sum(payment.refunds.filter(status="succeeded", to_credit=False).values_list("amount_minor", flat=True))
        note_refunded(
            payment_id=payment.pk, total=Money(min(done + size, payment.received_minor or 0), payment.received_currency)
        )
        return
    amount = Money(size, payment.received_currency) if size else None
    try:
        refund = request_refund(payment=payment, amount=amount, reason="part", to_credit=name == "credit", actor=admin)
    except DomainError:
        return
    order = Order.objects.select_for_update().get(pk=payment.order_id)
    if name == "fail":
        refund_steps.let_go(refund=refund, order=order, to=Refund.Status.FAILED, failure="")
    elif refund.status == Refund.Status.CREATED:
        refund_steps.finish(refund=refund, order=order)


def finished(paid: Payment) -> None:
    """Once all is given back: the credit notes take the whole invoice back, and the customer owes nothing."""
    payment = Payment.objects.get(pk=paid.pk)
    if payment.refunded_minor != payment.received_minor:
        return
    notes = notes_of(payment)
    assert sum(notes.values_list("total_minor", flat=True)) == payment.order.total_minor
    assert sum(notes.values_list("tax_minor", flat=True)) == payment.order.tax_minor
    owed = [account for account in balances(payment.order) if account.startswith(("ar:", "revenue", "vat"))]
    assert owed == []
