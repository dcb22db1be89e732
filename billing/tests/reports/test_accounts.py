"""Our accounts in the accountant's chart, without a database."""

from __future__ import annotations

from inspect import signature
from uuid import UUID

import pytest

from billing import ledger
from billing.reports.accounts import ACCOUNTS, JOURNALS, SUSPENSE, account_of, journal_of

ID = UUID(int=7)
EVERY = [
    ledger.REVENUE, ledger.COMMISSION, ledger.FX_ROUNDING, ledger.FEES, ledger.DISPUTES, ledger.LOSSES,
    ledger.psp("mtn_momo"), ledger.psp("bank_transfer"), ledger.receivable(ID), ledger.credit(ID), ledger.unapplied(ID),
    ledger.vat("CM"), ledger.clearing("EUR"), ledger.tenant_payable(ID),
]  # fmt: skip


@pytest.mark.parametrize("account", EVERY)
def test_every_account_of_ours_has_one_of_the_chart(account: str) -> None:
    assert account_of(account, minor=1) != SUSPENSE


def test_no_account_of_the_ledger_was_forgotten_here() -> None:
    makers = [one for one in vars(ledger).values() if callable(one) and signature(one).return_annotation == "str"]
    constants = [one for name, one in vars(ledger).items() if name.isupper() and isinstance(one, str)]
    assert {one.partition(":")[0] for one in constants} <= {one.partition(":")[0] for one in EVERY}
    assert len(makers) == 7, "name the new one in EVERY and in the chart"


@pytest.mark.parametrize(
    ("account", "number"),
    [("ar:x", "411"), ("credit:x", "4191"), ("psp:bank_transfer", "521"), ("psp:mtn_momo", "552"), ("psp:paypal", "554"),
     ("psp:stripe", "521"), ("revenue:subscription", "706"), ("revenue:commission", "7072"), ("vat_payable:CM", "4432"),
     ("psp_fees", "631"), ("tenant_payable:x", "4731"), ("what:ever", "471")],
)  # fmt: skip
def test_accounts_by_number(account: str, number: str) -> None:
    assert account_of(account, minor=-5).number == number


def test_rounding_is_a_loss_where_it_costs_and_a_gain_where_it_brings() -> None:
    assert [account_of("fx_rounding", minor=minor).number for minor in (1, -1)] == ["676", "776"]


def test_an_accountant_has_their_own_numbers() -> None:
    changed = {"psp": "5210", "psp:mtn_momo": "55201", "fx_rounding": "6760"}
    numbers = [
        account_of(one, minor=1, changed=changed).number for one in ("psp:mtn_momo", "psp:wave", "fx_rounding", "ar:x")
    ]
    assert numbers == ["55201", "5210", "6760", "411"]
    assert account_of("psp:mtn_momo", minor=1, changed=changed).name == ACCOUNTS["psp:mtn_momo"].name


@pytest.mark.parametrize(
    ("kind", "accounts", "code"),
    [("invoice", ["ar:x", "revenue:subscription"], "VT"), ("credit_note", ["ar:x"], "VT"), ("payment", ["psp:mtn_momo", "ar:x"], "MM"),
     ("fee", ["psp_fees", "psp:paypal"], "BQ"), ("refund", ["ar:x", "credit:x"], "OD"), ("payout", ["psp:bank_transfer"], "BQ"),
     ("commission", ["tenant_payable:x", "revenue:commission"], "OD")],
)  # fmt: skip
def test_an_entry_is_in_the_journal_of_its_money(kind: str, accounts: list[str], code: str) -> None:
    assert journal_of(kind, accounts) == code
    assert code in JOURNALS
