"""Our ledger's accounts as those of the SYSCOHADA, and the journals an accountant keeps. Pure.

Numbers are of the chart of accounts of the revised SYSCOHADA (OHADA, uniform act on accounting law of 26 January 2017).
What we keep for an organiser is the principal's (4731), mobile money is electronic money (552), services bear VAT 4432.
Where an accountant has accounts of their own, `changed` says so: of one of our accounts, or of all that begin alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Account:
    """A number of the chart of accounts, and its name there."""

    number: str
    name: str | Promise


SUSPENSE = Account("471", _("Suspense account"))
EXCHANGE_LOSS = Account("676", _("Exchange losses"))
EXCHANGE_GAIN = Account("776", _("Exchange gains"))
# By our account, or by what comes before its colon.
ACCOUNTS: dict[str, Account] = {
    "psp": Account("521", _("Banks")),
    "psp:mtn_momo": Account("552", _("Mobile money")),
    "psp:orange_money": Account("552", _("Mobile money")),
    "psp:wave": Account("552", _("Mobile money")),
    "psp:moov": Account("552", _("Mobile money")),
    "psp:paypal": Account("554", _("Electronic wallets")),
    "ar": Account("411", _("Customers")),
    "credit": Account("4191", _("Advances from customers")),
    "unapplied": Account("4712", _("Sundry creditors")),
    "revenue:subscription": Account("706", _("Services sold")),
    "revenue:commission": Account("7072", _("Commissions")),
    "vat_payable": Account("4432", _("VAT on services")),
    "psp_fees": Account("631", _("Bank charges")),
    "fx": Account("588", _("Internal transfers")),
    "disputes": Account("4161", _("Disputed receivables")),
    "dispute_losses": Account("6511", _("Losses on receivables")),
    "tenant_payable": Account("4731", _("Principals")),
}
ROUNDING = "fx_rounding"  # a loss where it is a debit, a gain where it is a credit
JOURNALS: dict[str, str | Promise] = {
    "VT": _("Sales"),
    "BQ": _("Bank"),
    "MM": _("Mobile money"),
    "OD": _("Other operations"),
}


def account_of(account: str, *, minor: int, changed: Mapping[str, str] | None = None) -> Account:
    """The account of the chart for an entry of ours; `minor` tells debit from credit.

    One that nobody has named is a suspense account: nothing is left out of the books.
    """
    prefix = account.partition(":")[0]
    if account == ROUNDING:
        found = EXCHANGE_LOSS if minor > 0 else EXCHANGE_GAIN
    else:
        found = ACCOUNTS.get(account) or ACCOUNTS.get(prefix) or SUSPENSE
    number = (changed or {}).get(account) or (changed or {}).get(prefix)
    return Account(number, found.name) if number else found


def journal_of(kind: str, accounts: Iterable[str]) -> str:
    """The code of the journal an entry belongs to: where its money is, else by what it is."""
    money = sorted(account for account in accounts if account.startswith("psp:"))
    if money:
        return "MM" if ACCOUNTS.get(money[0], SUSPENSE).number == ACCOUNTS["psp:mtn_momo"].number else "BQ"
    return "VT" if kind in ("invoice", "credit_note") else "OD"
