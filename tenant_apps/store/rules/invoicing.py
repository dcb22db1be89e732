"""What an invoice keeps of an order, and what a credit note takes back of an invoice. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from billing.money import Money, share_of
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Order, OrderLine, Shop


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that came for an order, or went back: by which way to pay, as it is called in the order's language, and when."""

    method: str
    amount: Money
    on: date
    reference: str = ""

    def as_kept(self) -> dict[str, Any]:
        """As it stands in a document's row."""
        return {
            "method": self.method,
            "amount_minor": self.amount.minor,
            "on": self.on.isoformat(),
            "reference": self.reference,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any], currency: str) -> Paid:
        """From a document's row."""
        amount = Money(kept["amount_minor"], currency)
        return cls(kept["method"], amount, date.fromisoformat(kept["on"]), kept.get("reference", ""))


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who an invoice is made out to, where they say so at the counter: a person, or a company with its tax number."""

    name: str
    company: str = ""
    tax_number: str = ""
    address: str = ""
    phone: str = ""  # E.164
    email: str = ""

    def as_kept(self) -> dict[str, Any]:
        """As it stands in a document's row; a company comes first, with the person below it."""
        person = [self.name] if self.company and self.name else []
        lines = [line.strip() for line in self.address.splitlines() if line.strip()]
        return {
            "name": self.company or self.name,
            "address": [*person, *lines],
            "email": self.email,
            "phone": self.phone,
            "tax_number": self.tax_number,
        }


@dataclass(frozen=True, slots=True)
class Credit:
    """What a credit note says: its lines, what is taken off their sum, its total, and the tax within that."""

    lines: list[dict[str, Any]]
    subtotal_minor: int
    reduction_minor: int
    total_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Left:
    """What no credit note has taken back of an invoice: total, tax within it, and pieces of each order line."""

    total_minor: int
    tax_minor: int
    pieces: dict[int, int]
    untouched: bool


def is_to_be_invoiced(order: Order) -> bool:
    """Whether an order is a sale that stands: paid whole, or handed over."""
    if order.status not in Order.LIVE:
        return False
    paid: bool = order.paid_minor - order.refunded_minor >= order.total_minor
    return paid or order.status == Order.Status.DELIVERED


def seller_of(shop: Shop) -> dict[str, Any]:
    """The shop as it is today."""
    return {
        "name": shop.name,
        "address": [line.strip() for line in shop.address.splitlines() if line.strip()],
        "country": shop.country,
        "email": shop.email,
        "phone": shop.phone,
        "tax_number": shop.tax_number,
    }


def customer_of(order: Order) -> dict[str, Any]:
    """Who bought, and where it was brought to."""
    return {
        "name": order.name,
        "address": [line for line in (order.line1, order.line2, order.city) if line],
        "email": order.email,
        "phone": order.phone,
    }


def lines_of(order: Order, lines: Iterable[OrderLine]) -> list[dict[str, Any]]:
    """The goods, each with what it cost before and after discounts, then the delivery where it cost something."""
    kept = [
        {
            "what": "goods",
            "line": line.pk,
            "name": line.product_name,
            "variant": line.variant_name,
            "sku": line.sku,
            "quantity": line.quantity,
            "list_minor": line.list_minor,
            "unit_minor": line.unit_minor,
            "discounts": line.discounts,
            "amount_minor": line.total_minor,
        }
        for line in lines
        if line.quantity
    ]
    if order.delivery_minor:
        kept.append({"what": "delivery", "name": order.zone_name, "amount_minor": order.delivery_minor})
    return kept


def percent_of_points(points: int) -> Decimal:
    """A rate in hundredths of a per cent, in per cent."""
    return Decimal(points) / 100


def sum_of(lines: Iterable[Mapping[str, Any]]) -> int:
    """What lines come to, in minor units."""
    return sum(line["amount_minor"] for line in lines)


def left_of(invoice: Any, notes: Sequence[Any]) -> Left:
    """What is left of an invoice after these credit notes."""
    pieces = {line["line"]: line["quantity"] for line in invoice.lines if line["what"] == "goods"}
    for line in (line for note in notes for line in note.lines if line["what"] == "goods"):
        pieces[line["line"]] -= line["quantity"]
    return Left(
        invoice.total_minor - sum(note.total_minor for note in notes),
        invoice.tax_minor - sum(note.tax_minor for note in notes),
        pieces,
        untouched=not notes,
    )


def credit_of(invoice: Any, left: Left, *, pieces: Mapping[int, int] | None, amount: Money | None) -> Credit | None:
    """What a credit note over these pieces, over this amount, or (neither) over all that is left says; never more than is
    left, None when that is nothing.

    Raises:
        DomainError: more pieces of a line than are left of it, or of one the invoice does not have.
    """
    if not left.total_minor:
        return None
    if pieces is not None:
        lines = _returned(invoice, left, pieces)
        reduction = share_of(Money(invoice.reduction_minor, invoice.currency), sum_of(lines), invoice.subtotal_minor)
        total = min(sum_of(lines) - reduction.minor, left.total_minor)
    elif amount is None and left.untouched:
        lines, total = invoice.lines, left.total_minor
    else:
        total = left.total_minor if amount is None else min(amount.minor, left.total_minor)
        lines = [{"what": "credit", "amount_minor": total}]
    if total <= 0:
        return None
    subtotal = sum_of(lines)
    return Credit(lines, subtotal, subtotal - total, total, _tax_of(invoice, left, total))


def _tax_of(invoice: Any, left: Left, total: int) -> int:
    """The tax within a part of an invoice: what all parts credited until then have in proportion, less what the earlier ones
    had. So rounding never adds up, and the last part has exactly the rest."""
    credited = invoice.total_minor - left.total_minor + total
    until_then = share_of(Money(invoice.tax_minor, invoice.currency), credited, invoice.total_minor)
    in_this = until_then.minor - (invoice.tax_minor - left.tax_minor)
    return max(0, min(in_this, left.tax_minor, total))


def _returned(invoice: Any, left: Left, pieces: Mapping[int, int]) -> list[dict[str, Any]]:
    for line, quantity in pieces.items():
        if not 0 <= quantity <= left.pieces.get(line, 0):
            text = _("No more pieces can be credited than are left on the invoice. Check the quantities.")
            raise DomainError("too_many_pieces", text, field="lines")
    return [
        {**line, "quantity": pieces[line["line"]], "amount_minor": line["unit_minor"] * pieces[line["line"]]}
        for line in invoice.lines
        if line["what"] == "goods" and pieces.get(line["line"])
    ]
