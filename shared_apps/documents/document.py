"""What an invoice, a credit note, a pro forma invoice or a payout statement says. Values only: no database, no clock.

A document whose figures do not add up cannot be made, so it can be neither rendered nor sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from billing.money import Money


class InconsistentDocument(ValueError):
    """The figures of a document contradict one another, or a part that its kind needs is missing."""


class Kind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PROFORMA = "proforma"
    PAYOUT = "payout"


class FiscalStatus(StrEnum):
    """Where a document stands with the tax office of its seller's country."""

    NOT_REQUIRED = "not_required"
    TO_CERTIFY = "to_certify"
    CERTIFIED = "certified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FiscalMark:
    """What a certified-invoice service gave. `number` is its own; `qr_text` is drawn as a QR code, letter by letter."""

    status: FiscalStatus
    number: str = ""
    qr_text: str = ""
    verify_url: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A seller or a customer as they were on the day. `country` is ISO 3166-1 alpha-2.

    `tax_numbers` are pairs of label and value: ("NIU", "M0123…"), ("RCCM", "RC/DLA/…"), ("TVA", "FR…").
    `legal` is the legal form and capital, such as "SARL au capital de 1 000 000 FCFA".
    """

    name: str
    address: tuple[str, ...] = ()
    country: str = ""
    email: str = ""
    phone: str = ""
    tax_numbers: tuple[tuple[str, str], ...] = ()
    legal: str = ""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Party:
        """From what settings or JSON hold of one, with lists for tuples; what is left out is empty."""
        numbers = tuple((label, number) for label, number in values.get("tax_numbers", ()))
        return cls(**{**values, "address": tuple(values.get("address", ())), "tax_numbers": numbers})


@dataclass(frozen=True, slots=True)
class Line:
    """One row, `detail` smaller below its text. Without a quantity and a price of one, only the amount is shown. Amounts
    below zero are allowed."""

    text: str
    amount: Money
    detail: str = ""
    quantity: Decimal | int | None = None
    unit_amount: Money | None = None


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One tax. `rate` is in per cent, `base` is without tax; `included`: the lines' amounts contain it."""

    name: str
    rate: Decimal
    base: Money
    amount: Money
    included: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """Money that was received for the document, or given back for a credit note, or paid out."""

    method: str
    paid_on: date
    amount: Money
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Everything that is printed; amounts are in the currency of `total`.

    `subtotal` is the sum of the lines. `discount` is taken off it, as an amount above zero; `proration` is added, and is
    below zero when it is a credit. Taxes that are not included come on top. A credit note's amounts are above zero: its
    kind says which way the money goes. `references` are labels and values of what else identifies it. `exemption` says why there is no tax, where there is none.

    Raises:
        InconsistentDocument: sums that do not agree, two currencies, a credit note without the invoice it credits.
    """

    kind: Kind
    number: str
    issued_on: date
    seller: Party
    customer: Party
    lines: tuple[Line, ...]
    subtotal: Money
    total: Money
    taxes: tuple[TaxLine, ...] = ()
    discount: Money | None = None
    discount_label: str = ""
    proration: Money | None = None
    due_on: date | None = None
    period: str = ""
    settlements: tuple[Settlement, ...] = ()
    credited_number: str = ""
    references: tuple[tuple[str, str], ...] = ()
    exemption: str = ""
    notes: tuple[str, ...] = ()
    fiscal: FiscalMark | None = None
    locale: str = "fr"

    def __post_init__(self) -> None:
        if {amount.currency for amount in self._amounts()} != {self.currency}:
            raise InconsistentDocument("amounts of more than one currency")
        zero = Money(0, self.currency)
        if sum((line.amount for line in self.lines), zero) != self.subtotal:
            raise InconsistentDocument("the lines do not add up to the subtotal")
        added = sum((tax.amount for tax in self.taxes if not tax.included), zero)
        if self.subtotal - (self.discount or zero) + (self.proration or zero) + added != self.total:
            raise InconsistentDocument("subtotal, discount, proration and taxes do not add up to the total")
        if (self.kind is Kind.CREDIT_NOTE) is not bool(self.credited_number):
            raise InconsistentDocument("a credit note, and nothing else, names the invoice it credits")
        if self.locale not in ("fr", "en"):
            raise InconsistentDocument(f"documents are not written in {self.locale!r}")

    @property
    def currency(self) -> str:
        return self.total.currency

    @property
    def net(self) -> Money:
        """The total without any tax, included or not."""
        return self.total - sum((tax.amount for tax in self.taxes), Money(0, self.currency))

    @property
    def settled(self) -> Money:
        return sum((settlement.amount for settlement in self.settlements), Money(0, self.currency))

    @property
    def due(self) -> Money:
        """What is still to be paid; below zero when more came than was asked."""
        return self.total - self.settled

    def _amounts(self) -> list[Money]:
        """Every amount of the document."""
        found = [self.subtotal, self.total, self.discount, self.proration]
        found += [amount for line in self.lines for amount in (line.amount, line.unit_amount)]
        found += [amount for tax in self.taxes for amount in (tax.base, tax.amount)]
        found += [settlement.amount for settlement in self.settlements]
        return [amount for amount in found if amount is not None]
