"""What the ends of calls say of a provider: whether people may pay by it. Pure decisions, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from billing.providers import reasons
from billing.providers.base import ProviderError, ProviderUnavailable

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


def failure_of(trouble: ProviderError) -> Failure | None:
    """What an error says of the provider; None when it says only something of the payer or the payment."""
    if trouble.reason == reasons.MISCONFIGURED:
        return Failure.REFUSED
    away = isinstance(trouble, ProviderUnavailable) and trouble.reason == reasons.PROVIDER_UNAVAILABLE
    return Failure.AWAY if away else None


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
