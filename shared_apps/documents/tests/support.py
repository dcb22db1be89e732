"""Documents of a company and a customer that do not exist."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from billing.money import Money
from shared_apps.documents.document import (
    Document,
    FiscalMark,
    FiscalStatus,
    Kind,
    Line,
    Party,
    Settlement,
    TaxLine,
)

SELLER = Party(
    name="Société Exemple SA",
    legal="SA au capital de 10 000 000 FCFA",
    address=("1, rue du Test", "BP 1 Douala"),
    country="CM",
    email="facturation@example.com",
    tax_numbers=(("NIU", "M000000000000A"), ("RCCM", "RC/DLA/2026/B/0000")),
)
CUSTOMER = Party(
    name="Boutique Exemple",
    address=("BP 2 Yaoundé",),
    country="CM",
    tax_numbers=(("NIU", "P111111111111B"),),
)
CERTIFIED = FiscalMark(FiscalStatus.CERTIFIED, "2601234A26", "https://tax.example/v/1", "https://tax.example/v/1")
DAY = date(2026, 11, 21)


def xaf(minor: int) -> Money:
    return Money(minor, "XAF")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def lines(count: int) -> tuple[Line, ...]:
    return tuple(Line(f"Ligne {number}", xaf(1_000), "novembre 2026", 1, xaf(1_000)) for number in range(1, count + 1))


def paid(total: Money, **changes: Any) -> Settlement:
    return Settlement(**{"method": "MTN Mobile Money", "paid_on": DAY, "amount": total, "reference": "R-77"} | changes)


def invoice(**changes: Any) -> Document:
    """25 000 FCFA with 19.25 % in it, paid."""
    return Document(
        **{
            "kind": Kind.INVOICE,
            "number": "FAC-2026-000123",
            "issued_on": DAY,
            "seller": SELLER,
            "customer": CUSTOMER,
            "lines": (
                Line("Formule Pro", xaf(20_000), "novembre 2026", 1, xaf(20_000)),
                Line("Utilisateurs", xaf(5_000), "", 2, xaf(2_500)),
            ),
            "subtotal": xaf(25_000),
            "total": xaf(25_000),
            "taxes": (TaxLine("TVA", Decimal("19.25"), xaf(20_964), xaf(4_036), included=True),),
            "settlements": (paid(xaf(25_000)),),
        }
        | changes
    )


def untaxed(francs: int, **changes: Any) -> Document:
    """One line of so many francs, without tax and not paid."""
    amount = xaf(francs)
    return invoice(
        **{
            "lines": (Line("Formule Pro", amount),),
            "subtotal": amount,
            "total": amount,
            "taxes": (),
            "settlements": (),
        }
        | changes
    )


def credit_note(**changes: Any) -> Document:
    """1,520 euros with 20 % on top, refunded, in English."""
    return Document(
        **{
            "kind": Kind.CREDIT_NOTE,
            "number": "CN-2026-000007",
            "issued_on": DAY,
            "seller": SELLER,
            "customer": CUSTOMER,
            "lines": (Line("Unused days", eur(126_667)),),
            "subtotal": eur(126_667),
            "total": eur(152_000),
            "taxes": (TaxLine("VAT", Decimal(20), eur(126_667), eur(25_333)),),
            "settlements": (paid(eur(152_000), method="PayPal"),),
            "credited_number": "INV-2026-000101",
            "locale": "en",
        }
        | changes
    )
