"""Transfers: instructions out, an admin's decision in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from billing.money import Money
from billing.providers import reasons
from billing.providers.bank_transfer import BankTransferConfig, BankTransferProvider
from billing.providers.base import (
    Flow,
    InvalidSignature,
    ManualDecision,
    Outcome,
    ProviderRefused,
    ProviderState,
    Reversals,
)
from billing.tests.providers.support import AttemptMaker

CONFIG = BankTransferConfig(
    bank_name="Banque de test", account_name="Baobab", iban="CM21 1000 5000 0101 2345 6789 018", swift="TESTCMCX"
)


@pytest.fixture
def bank() -> BankTransferProvider:
    return BankTransferProvider(CONFIG)


def decision(**changes: object) -> ManualDecision:
    values = {
        "approved": True,
        "received": Money(25_000, "XAF"),
        "reference": "BAO-2026-000042",
        "decided_at": datetime(2026, 11, 21, tzinfo=UTC),
        **changes,
    }
    return ManualDecision(**values)  # type: ignore[arg-type]  # values are typed by each test


def test_instructions_hold_what_a_payer_needs(bank: BankTransferProvider, make_attempt: AttemptMaker) -> None:
    attempt = make_attempt()
    start = bank.start(attempt)
    assert start.redirect_url == ""
    assert start.provider_ref == str(attempt.id)
    assert start.instructions == {
        "bank_name": "Banque de test",
        "account_name": "Baobab",
        "iban": "CM21 1000 5000 0101 2345 6789 018",
        "swift": "TESTCMCX",
        "reference": "BAO-2026-000042",
        "amount": "25000",
        "currency": "XAF",
    }
    assert bank.capabilities.flow is Flow.MANUAL


def test_a_transfer_is_paid_when_an_admin_says_so(bank: BankTransferProvider, make_attempt: AttemptMaker) -> None:
    attempt = make_attempt(provider_ref="BAO-2026-000042")
    assert bank.fetch(attempt) == ProviderState(Outcome.PENDING, provider_ref="BAO-2026-000042")
    approved = bank.fetch(replace(attempt, decision=decision(received=Money(24_000, "XAF"))))
    assert approved.outcome is Outcome.SUCCEEDED
    assert approved.amount == Money(24_000, "XAF")  # what came, not what was asked for
    assert approved.account == bank.account == "CM2110005000010123456789018"
    assert approved.reference == bank.reference_for(attempt)
    assert bank.capture(replace(attempt, decision=decision())).outcome is Outcome.SUCCEEDED


def test_a_rejected_receipt_leaves_the_attempt_open(bank: BankTransferProvider, make_attempt: AttemptMaker) -> None:
    state = bank.fetch(make_attempt(decision=decision(approved=False, received=None)))
    assert (state.outcome, state.reason) == (Outcome.PENDING, reasons.NOT_RECEIVED)


def test_an_account_without_iban(make_attempt: AttemptMaker) -> None:
    local = BankTransferProvider(replace(CONFIG, iban="", account_number="10005 00001 01234567890 18"))
    assert local.account == "10005000010123456789018"
    nowhere = BankTransferProvider(replace(CONFIG, iban=""))
    with pytest.raises(ProviderRefused):
        nowhere.start(make_attempt())
    with pytest.raises(ProviderRefused):
        nowhere.check_health()


def test_banks_do_not_call_and_refunds_are_made_by_people(
    bank: BankTransferProvider, make_attempt: AttemptMaker
) -> None:
    with pytest.raises(InvalidSignature):
        bank.verify_webhook(headers={}, body=b"{}")
    refund = bank.refund(make_attempt(), transaction_ref="", amount=Money(5, "XAF"), key=uuid4())
    assert refund.outcome is Outcome.PENDING
    assert bank.fetch_refund(make_attempt(), refund_ref=refund.refund_ref, key=uuid4()).outcome is Outcome.PENDING
    assert bank.fetch_reversals(make_attempt(), transaction_ref="") == Reversals()
