"""Which accounts money moves between. Pure: each function gives the entries of one journal, which add up to zero.

Debits are above zero, credits below. Revenue is booked when the invoice is issued; spreading it over the paid time is the
accountant's closing entry, for which the export names each line's period.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from billing.money import Money, convert

REVENUE = "revenue:subscription"
COMMISSION = "revenue:commission"
FX_ROUNDING = "fx_rounding"
FEES = "psp_fees"
DISPUTES = "disputes"
LOSSES = "dispute_losses"


def psp(method: str) -> str:
    """What a provider, or our bank, holds of ours."""
    return f"psp:{method}"


def receivable(subscription_id: UUID) -> str:
    """What a customer owes us."""
    return f"ar:{subscription_id}"


def credit(subscription_id: UUID) -> str:
    """What we owe a customer, for orders to come."""
    return f"credit:{subscription_id}"


def unapplied(payment_id: UUID) -> str:
    """Money that came and that nobody has decided upon yet."""
    return f"unapplied:{payment_id}"


def vat(country: str) -> str:
    """Tax that we took and owe to a country."""
    return f"vat_payable:{country}"


def tenant_payable(organisation_id: UUID) -> str:
    """What we owe a tenant of its takings; what it owes us is the other way round."""
    return f"tenant_payable:{organisation_id}"


def clearing(currency: str) -> str:
    """Where one currency turns into another."""
    return f"fx:{currency}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An amount on an account."""

    account: str
    amount: Money


def debit(account: str, amount: Money) -> Entry:
    """An amount that comes onto an account."""
    return Entry(account, amount)


def take(account: str, amount: Money) -> Entry:
    """An amount that goes off an account."""
    return Entry(account, Money(-amount.minor, amount.currency))


def exchanged(received: Money, worth: Money, *, rate: Decimal) -> list[Entry]:
    """`received` leaves one currency and arrives as `worth` in another; what the rate does not explain is rounding.

    `rate` is units of worth's currency for one of received's. Nothing where both are one currency.
    """
    if received.currency == worth.currency:
        return []
    counter = convert(received, rate=rate, currency=worth.currency)
    rounding = worth - counter
    entries = [take(clearing(worth.currency), received), debit(clearing(received.currency), counter)]
    return [*entries, debit(FX_ROUNDING, rounding)] if rounding else entries


def reversed_entries(entries: list[Entry]) -> list[Entry]:
    """The same the other way round."""
    return [take(entry.account, entry.amount) for entry in entries]


def net(entries: Iterable[Entry]) -> list[Entry]:
    """One entry an account and currency, none that is zero."""
    sums: dict[tuple[str, str], int] = {}
    for entry in entries:
        key = (entry.account, entry.amount.currency)
        sums[key] = sums.get(key, 0) + entry.amount.minor
    return [Entry(account, Money(minor, currency)) for (account, currency), minor in sums.items() if minor]


def payment_received(
    source: str, *, received: Money, applied: Money, credited: Money, rate: Decimal, subscription_id: UUID
) -> list[Entry]:
    """Money arrives: on `source` (a provider, or what was unapplied), for an order and, what is more, for later."""
    return [
        debit(source, received),
        *exchanged(received, applied + credited, rate=rate),
        *([take(receivable(subscription_id), applied)] if applied else []),
        *([take(credit(subscription_id), credited)] if credited else []),
    ]


def fee_taken(method: str, fee: Money) -> list[Entry]:
    """A provider keeps its fee."""
    return [debit(FEES, fee), take(psp(method), fee)]


def money_unexplained(method: str, *, received: Money, payment_id: UUID) -> list[Entry]:
    """Money that came and does not match what was asked for."""
    return [debit(psp(method), received), take(unapplied(payment_id), received)]


def invoice_issued(*, total: Money, tax: Money, country: str, credit_used: Money, subscription_id: UUID) -> list[Entry]:
    """The customer owes an order's total; credit that was set aside for it pays part of it."""
    owed, net = receivable(subscription_id), total - tax
    return [
        *([debit(owed, total)] if total else []),
        *([take(REVENUE, net)] if net else []),
        *([take(vat(country), tax)] if tax else []),
        *([debit(credit(subscription_id), credit_used), take(owed, credit_used)] if credit_used else []),
    ]


def invoice_credited(*, total: Money, tax: Money, country: str, to: str) -> list[Entry]:
    """A credit note takes revenue and tax back; `to` is the account on which the customer has it."""
    net = total - tax
    return [
        *([debit(REVENUE, net)] if net else []),
        *([debit(vat(country), tax)] if tax else []),
        *([take(to, total)] if total else []),
    ]


def refund_sent(
    method: str, *, amount: Money, applied: Money, credited: Money, rate: Decimal, subscription_id: UUID
) -> list[Entry]:
    """Money of a payment goes back the way it came: off what we owe the customer, on the order's side or as credit."""
    return reversed_entries(
        payment_received(
            psp(method), received=amount, applied=applied, credited=credited, rate=rate, subscription_id=subscription_id
        )
    )


def unexplained_sent(method: str, *, amount: Money, payment_id: UUID) -> list[Entry]:
    """Money that nobody could explain goes back."""
    return reversed_entries(money_unexplained(method, received=amount, payment_id=payment_id))


def made_credit(amount: Money, *, subscription_id: UUID) -> list[Entry]:
    """What a customer has with us on an order becomes credit for orders to come."""
    return [debit(receivable(subscription_id), amount), take(credit(subscription_id), amount)] if amount else []


def disputed(method: str, *, status: str, held: Money, loss: str) -> list[Entry]:
    """Where disputed money stands: held back while a dispute is open, on the account `loss` once it is lost, ours again
    when it is won."""
    account = {"open": DISPUTES, "lost": loss}.get(status)
    return [debit(account, held), take(psp(method), held)] if account and held else []


def commission_earned(
    method: str, *, gross: Money, commission: Money, is_ours: bool, organisation_id: UUID
) -> list[Entry]:
    """A tenant's customer paid. Where the money `is_ours` to hold, we owe it to the tenant; the commission is owed to us."""
    owed = tenant_payable(organisation_id)
    return [
        *([debit(psp(method), gross), take(owed, gross)] if is_ours else []),
        *([debit(owed, commission), take(COMMISSION, commission)] if commission else []),
    ]


def paid_out(method: str, *, net: Money, organisation_id: UUID) -> list[Entry]:
    """What we owed a tenant is sent to it."""
    return [debit(tenant_payable(organisation_id), net), take(psp(method), net)]
