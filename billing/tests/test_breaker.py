"""When a way to pay is hidden because its provider fails, and when it is offered again. Pure decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from billing.providers.breaker import (
    BREAKS_AFTER,
    FAILURES_WITHIN,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Breaker,
    Failure,
    after_failure,
    after_success,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def failing(times: int, *, every: timedelta = SECOND, failure: Failure = Failure.AWAY, start: Breaker | None = None):
    breaker = start or Breaker()
    for number in range(times):
        breaker = after_failure(breaker, failure, now=NOW + every * number, is_check=False)
    return breaker


def test_the_fifth_silence_in_a_row_hides_for_two_minutes() -> None:
    assert not failing(BREAKS_AFTER - 1).is_hidden
    hidden = failing(BREAKS_AFTER)
    last = NOW + SECOND * (BREAKS_AFTER - 1)
    assert (hidden.hidden_since, hidden.hidden_until) == (last, last + FIRST_PAUSE)


def test_an_answer_in_between_starts_the_count_again() -> None:
    breaker = after_success(failing(BREAKS_AFTER - 1), is_check=False)
    assert not failing(BREAKS_AFTER - 1, start=breaker).is_hidden


def test_silences_far_apart_are_not_in_a_row() -> None:
    assert not failing(20, every=FAILURES_WITHIN + SECOND).is_hidden
    assert failing(BREAKS_AFTER, every=FAILURES_WITHIN).is_hidden


def test_what_a_payer_typed_never_hides_a_way_to_pay_but_raises_suspicion() -> None:
    breaker = failing(50, failure=Failure.REFUSED)
    assert (breaker.is_hidden, breaker.failures) == (False, 1)


def test_a_refusal_of_our_own_check_hides_at_once() -> None:
    assert after_failure(Breaker(), Failure.ACCOUNT_REFUSED, now=NOW, is_check=True).is_hidden


def test_the_pause_doubles_up_to_half_an_hour() -> None:
    breaker, now, pauses = failing(BREAKS_AFTER), NOW, []
    for _ in range(7):
        assert breaker.hidden_until
        now = breaker.hidden_until
        breaker = after_failure(breaker, Failure.AWAY, now=now, is_check=True)
        assert breaker.hidden_until
        pauses.append((breaker.hidden_until - now) // timedelta(minutes=1))
    assert pauses == [4, 8, 16, 30, 30, 30, 30]
    assert timedelta(minutes=30) == LONGEST_PAUSE


def test_while_hidden_only_a_check_of_ours_counts() -> None:
    hidden = failing(BREAKS_AFTER)
    later = NOW + timedelta(minutes=10)
    assert after_success(hidden, is_check=False) == hidden
    polled = after_failure(hidden, Failure.AWAY, now=later, is_check=False)
    assert polled == replace(hidden, failed_at=later)
    shown = after_success(hidden, is_check=True)
    assert (shown.is_hidden, shown.hidden_until, shown.failures) == (False, None, 0)


@pytest.mark.parametrize("failure", list(Failure))
def test_with_the_breaker_off_nothing_is_ever_hidden(failure) -> None:
    assert not failing(30, failure=failure, start=Breaker(is_on=False)).is_hidden
