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
        # A status that nobody knew of when this was written is no failure: payers must not be told to pay again.
        return Judgement(Verdict.WAIT, reasons.UNCLEAR if state.reason == reasons.UNKNOWN else state.reason)
    found = mismatches(expected, state)
    return Judgement(Verdict.REVIEW, found[0]) if found else Judgement(Verdict.SUCCEED)


def mismatches(expected: Expected, state: ProviderState) -> list[str]:
    """Every reason why this is not the money we asked for; an amount in another currency is not compared."""
    found: list[str] = []
    if state.amount is None or state.amount.currency != expected.charge.currency:
        found.append(reasons.CURRENCY_MISMATCH)
    elif state.amount.minor != expected.charge.minor:
        found.append(reasons.AMOUNT_MISMATCH)
    if state.account != expected.account:
        found.append(reasons.ACCOUNT_MISMATCH)
    if state.reference != expected.reference:
        found.append(reasons.REFERENCE_MISMATCH)
    return found
