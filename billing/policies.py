"""What a provider's answer means, for a payment and for whoever may pay by it. Pure decisions, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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


# So many calls in a row that nobody answered hide a way to pay, each within so long of the one before.
BREAKS_AFTER = 5
FAILURES_WITHIN = timedelta(minutes=5)
FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(minutes=30)


class Failure(StrEnum):
    """What the end of a call says of the provider."""

    AWAY = "away"  # no answer, or one that is none
    REFUSED = "refused"  # a refusal that may be about this one request alone
    ACCOUNT_REFUSED = "account_refused"  # our own check was refused: nobody can pay


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether a way to pay is offered: not from `hidden_since` until a check succeeds; one is due at `hidden_until`."""

    failures: int = 0
    failed_at: datetime | None = None
    hidden_since: datetime | None = None
    hidden_until: datetime | None = None
    is_on: bool = True

    @property
    def is_hidden(self) -> bool:
        return self.hidden_since is not None


def after_failure(breaker: Breaker, failure: Failure, *, now: datetime, is_check: bool) -> Breaker:
    """The breaker after one more call that failed.

    What a payer typed can be refused, so a refusal only raises suspicion: a check of ours follows, which decides. While
    the method is hidden checks alone count, and each that fails doubles the time it has been hidden, up to LONGEST_PAUSE.
    """
    if breaker.hidden_since is not None:
        if not is_check:
            return replace(breaker, failed_at=now)
        pause = min(now - breaker.hidden_since + FIRST_PAUSE, LONGEST_PAUSE)
        return replace(breaker, failures=breaker.failures + 1, failed_at=now, hidden_until=now + pause)
    recent = breaker.failed_at is not None and now - breaker.failed_at <= FAILURES_WITHIN
    so_far = breaker.failures if recent else 0
    failures = max(so_far, 1) if failure is Failure.REFUSED else so_far + 1
    counted = replace(breaker, failures=failures, failed_at=now)
    breaks = failure is Failure.ACCOUNT_REFUSED or (failure is Failure.AWAY and failures >= BREAKS_AFTER)
    if not (breaks and breaker.is_on):
        return counted
    return replace(counted, hidden_since=now, hidden_until=now + FIRST_PAUSE)


def after_success(breaker: Breaker, *, is_check: bool) -> Breaker:
    """The breaker after a call that was answered. What is hidden is offered again only after a check: no payer is one."""
    if breaker.is_hidden and not is_check:
        return breaker
    return replace(breaker, failures=0, hidden_since=None, hidden_until=None)
