"""What a provider's answer means for a payment. Pure decisions, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import Outcome, ProviderState


class Verdict(StrEnum):
    """What to do with a payment."""

    SUCCEED = "succeed"
    REVIEW = "review"
    FAIL = "fail"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Expected:
    """What we asked for, frozen when we asked."""

    charge: Money
    account: str
    reference: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its reason (one of billing.providers.reasons, or empty)."""

    verdict: Verdict
    reason: str = ""


def judge(expected: Expected, state: ProviderState) -> Judgement:
    """Money is believed only when amount, currency, payee and reference are what we asked for."""
    if state.outcome is Outcome.FAILED:
        return Judgement(Verdict.FAIL, state.reason or reasons.UNKNOWN)
    if state.outcome is not Outcome.SUCCEEDED:
        return Judgement(Verdict.WAIT, state.reason)
    if state.amount is None or state.amount.currency != expected.charge.currency:
        return Judgement(Verdict.REVIEW, reasons.CURRENCY_MISMATCH)
    if state.amount.minor != expected.charge.minor:
        return Judgement(Verdict.REVIEW, reasons.AMOUNT_MISMATCH)
    if state.account != expected.account:
        return Judgement(Verdict.REVIEW, reasons.ACCOUNT_MISMATCH)
    if state.reference != expected.reference:
        return Judgement(Verdict.REVIEW, reasons.REFERENCE_MISMATCH)
    return Judgement(Verdict.SUCCEED)
