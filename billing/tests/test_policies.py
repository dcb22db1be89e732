"""A provider's answer is money only when every part of it is what was asked for.

Failure cases (docs/failure-cases.md): Case 6.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import Outcome, ProviderState
from billing.providers.judging import Expected, Judgement, Verdict, judge
from billing.providers.polling import next_check

EXPECTED = Expected(charge=Money(3_811, "EUR"), account="MERCHANT", reference="ref")
PAID = ProviderState(Outcome.SUCCEEDED, amount=Money(3_811, "EUR"), account="MERCHANT", reference="ref")


def test_the_right_money_is_believed() -> None:
    assert judge(EXPECTED, PAID) == Judgement(Verdict.SUCCEED)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount": Money(3_810, "EUR")}, reasons.AMOUNT_MISMATCH),
        ({"amount": Money(3_812, "EUR")}, reasons.AMOUNT_MISMATCH),
        ({"amount": Money(3_811, "USD")}, reasons.CURRENCY_MISMATCH),
        ({"amount": None}, reasons.CURRENCY_MISMATCH),
        ({"account": "SOMEBODY"}, reasons.ACCOUNT_MISMATCH),
        ({"account": ""}, reasons.ACCOUNT_MISMATCH),
        ({"reference": "other"}, reasons.REFERENCE_MISMATCH),
        ({"reference": ""}, reasons.REFERENCE_MISMATCH),
    ],
)
def test_any_mismatch_goes_to_review(change, reason) -> None:
    assert judge(EXPECTED, replace(PAID, **change)) == Judgement(Verdict.REVIEW, reason)


@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.NOT_FOUND])
def test_what_is_not_final_waits(outcome) -> None:
    assert judge(EXPECTED, replace(PAID, outcome=outcome)).verdict is Verdict.WAIT


def test_a_failure_always_has_a_reason() -> None:
    assert judge(EXPECTED, ProviderState(Outcome.FAILED)) == Judgement(Verdict.FAIL, reasons.UNKNOWN)


def test_questions_come_often_at_first_then_rarely_then_end() -> None:
    start = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    now, asked = start, []
    while (due := next_check(started_at=start, now=now, checks=len(asked))) is not None:
        assert due > now
        asked.append(due - start)
        now = due
    assert asked[:4] == [timedelta(seconds=s) for s in (5, 15, 30, 45)]
    assert len([age for age in asked if age <= timedelta(minutes=6)]) == 25
    assert asked[-1] == timedelta(days=1, minutes=6)
    assert len(asked) < 40
