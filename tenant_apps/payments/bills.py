"""The contract between the payments room and the products: a `Bill` says what may be paid, a `Payee` keeps the product's side.

A product registers one payee for each purpose from its AppConfig's `ready()`:

    register_payee(OrderPayee())          # its purpose is "store.order"

This room calls it inside its own transactions, always after `lock`, so that a payee may read and write its rows at once.
It is told of money once for each attempt, however often a provider says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from billing.money import Money

if TYPE_CHECKING:
    from tenant_apps.payments.models import Payment, Refund


@dataclass(frozen=True, slots=True)
class Bill:
    """What somebody may pay now.

    `due` is what is missing; `owed_minor` is what is to be given back, in its currency; `description` is what the payer reads at the provider; `locale` is the payer's language
    ("fr"). `why_not` are words for the payer where it is not `payable` (paid, cancelled, too late). `return_path` is the
    page on the tenant's host the payer comes back to, "" for the payment's own page. `email`, `name` and `phone` (E.164) are
    the payer's, "" where they are not known; `seller` is who they buy from, where it has another name than the workspace.
    """

    purpose: str
    subject: UUID
    number: str
    due: Money
    description: str
    locale: str
    payable: bool
    why_not: str = ""
    return_path: str = ""
    email: str = ""
    name: str = ""
    phone: str = ""
    seller: str = ""
    owed_minor: int = 0


class Payee(Protocol):
    """A product's side of payments for one purpose. Every call but `bill_of` from a page is inside a transaction."""

    purpose: str

    def lock(self, subject: UUID) -> None:
        """Lock the product's row; called first in each transaction. Raises Http404 for what is not there."""

    def bill_of(self, subject: UUID) -> Bill:
        """What may be paid now; raises Http404 for what is not there."""

    def started(self, payment: Payment) -> None:
        """An attempt begins, in its transaction: renew what is held for the payer. May raise DomainError, then none begins."""

    def paid(self, payment: Payment, *, amount: Money) -> bool:
        """Money is believed, `amount` in the bill's currency, in that transaction. Must not refuse: it has come, be it late,
        for something cancelled, or a second time. Whether the product writes to the payer itself; else this room does."""

    def refunded(self, refund: Refund, *, amount: Money) -> bool:
        """`amount`, in the bill's currency, has been given back, in the transaction that books it. Must not refuse. Whether
        the product writes to the payer itself; else this room does, but not of what the payer took back (`origin`)."""


_payees: dict[str, Payee] = {}


def register_payee(payee: Payee) -> None:
    """Name the payee of a purpose; a later one takes its place. Called from AppConfig.ready()."""
    _payees[payee.purpose] = payee


def payee_for(purpose: str) -> Payee:
    """The payee of a purpose; raises KeyError where no product registered one."""
    return _payees[purpose]
