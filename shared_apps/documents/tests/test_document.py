"""A document whose figures contradict one another cannot be made."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import Money
from shared_apps.documents.document import InconsistentDocument, Kind, Line, TaxLine
from shared_apps.documents.tests.support import credit_note, eur, invoice, paid, xaf


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"subtotal": xaf(25_001), "total": xaf(25_001)}, "lines"),
        ({"total": xaf(24_999)}, "add up to the total"),
        ({"discount": xaf(1)}, "add up to the total"),
        ({"proration": xaf(-1)}, "add up to the total"),
        ({"settlements": (paid(eur(25_000)),)}, "currency"),
        ({"taxes": (TaxLine("TVA", Decimal(18), eur(1), eur(1), included=True),)}, "currency"),
        ({"credited_number": "FAC-1"}, "credit note"),
        ({"kind": Kind.CREDIT_NOTE}, "credit note"),
        ({"locale": "de"}, "'de'"),
    ],
)
def test_figures_that_contradict_one_another_are_refused(changes, complaint) -> None:
    with pytest.raises(InconsistentDocument, match=complaint):
        invoice(**changes)


def test_a_unit_price_in_another_currency_is_refused() -> None:
    with pytest.raises(InconsistentDocument, match="currency"):
        invoice(lines=(Line("Formule Pro", xaf(25_000), quantity=1, unit_amount=eur(25_000)),))


def test_tax_on_top_counts_and_tax_included_does_not() -> None:
    included = invoice()
    assert (included.net, included.total) == (xaf(20_964), xaf(25_000))
    on_top = credit_note()
    assert (on_top.net, on_top.total) == (eur(126_667), eur(152_000))


def test_what_is_due_is_the_total_without_every_settlement() -> None:
    document = invoice(settlements=(paid(xaf(10_000)), paid(xaf(4_000))))
    assert document.settled == xaf(14_000)
    assert document.due == xaf(11_000)
    assert replace(document, settlements=()).due == xaf(25_000)


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8),
    st.integers(0, 10**6),
    st.integers(-(10**6), 10**6),
    st.integers(0, 10**6),
    st.integers(-3, 3),
)
def test_a_total_is_accepted_if_and_only_if_it_is_the_sum(amounts, discount, proration, tax, wrong_by) -> None:
    def money(minor: int) -> Money:
        return Money(minor, "EUR")

    subtotal = sum(amounts)
    figures = {
        "lines": tuple(Line("Article", money(amount)) for amount in amounts),
        "subtotal": money(subtotal),
        "discount": money(discount),
        "proration": money(proration),
        "taxes": (TaxLine("TVA", Decimal(18), money(subtotal), money(tax)),),
        "total": money(subtotal - discount + proration + tax + wrong_by),
        "settlements": (),
    }
    if wrong_by:
        with pytest.raises(InconsistentDocument):
            invoice(**figures)
    else:
        assert invoice(**figures).net == money(subtotal - discount + proration)
