"""Invoices as PDF: how long one takes in a process that has made one before, and how large it is.

python -m benchmarks.invoices
"""

from __future__ import annotations

import os
import sys
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from benchmarks.support import environment, measure, report

if TYPE_CHECKING:
    from shared_apps.documents.document import Document

LIMIT = 0.300  # seconds
SIZE_LIMIT = 60_000  # bytes; it is sent by mail, and kept for ten years


def main() -> None:
    print("Invoices")
    os.environ |= environment()
    import django

    django.setup()
    from shared_apps.documents.render import PdfUnavailable, render_pdf

    short, long = invoice(3), invoice(60)
    try:
        size = len(render_pdf(short))
    except PdfUnavailable as error:
        print(f"  ---- not measured: {error}")
        sys.exit(0)
    warm = measure(lambda: render_pdf(short), times=40, warm_up=3)
    many = measure(lambda: render_pdf(long), times=5)
    ok = [
        report(
            f"an invoice of three lines, warm, under {LIMIT * 1000:.0f} ms",
            f"{warm}; {warm.median / LIMIT:.2f} of the limit",
            holds=warm.median < LIMIT,
        ),
        report(
            "each of 57 further lines adds at most a twentieth of that",
            f"{(many.median - warm.median) / 57 * 1000:.1f} ms a line",
            holds=(many.median - warm.median) / 57 < LIMIT / 20,
        ),
        report(f"its size under {SIZE_LIMIT // 1000} kB", f"{size / 1000:.1f} kB", holds=size < SIZE_LIMIT),
    ]
    sys.exit(not all(ok))


def invoice(count: int) -> Document:
    """A paid French invoice with tax included and so many lines."""
    from django.conf import settings

    from billing.money import Money
    from shared_apps.documents.document import Document, Kind, Line, Party, Settlement, TaxLine

    amounts = [Money(1_000 * number, "XAF") for number in range(1, count + 1)]
    total = sum(amounts, Money(0, "XAF"))
    tax = Money(total.minor * 1925 // 11925, "XAF")
    return Document(
        kind=Kind.INVOICE,
        number="FAC-2026-000001",
        issued_on=date(2026, 11, 21),
        seller=Party.of(settings.SELLER),
        customer=Party("Boutique", ("BP 1 Douala",), "CM", "boutique@example.com", tax_numbers=(("NIU", "P1"),)),
        lines=tuple(Line(f"Article {amount.minor}", amount, "novembre 2026", 1, amount) for amount in amounts),
        subtotal=total,
        total=total,
        taxes=(TaxLine("TVA", Decimal("19.25"), total - tax, tax, included=True),),
        settlements=(Settlement("MTN Mobile Money", date(2026, 11, 21), total, "R-1"),),
    )


if __name__ == "__main__":
    main()
