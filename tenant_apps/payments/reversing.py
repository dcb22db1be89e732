"""When to ask a provider whether money that came was taken back. Pure decisions.

Refunds made at a provider's own site and chargebacks come with a webhook, where one is set up; asking finds the others. A
cardholder has about four months to dispute, at PayPal half a year.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tenant_apps.payments.models import Method

# The others do not say.
TELLING = frozenset({Method.Name.STRIPE, Method.Name.PAYPAL, Method.Name.WAVE})
DAILY_FOR = timedelta(days=30)
ASKED_FOR = timedelta(days=180)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def first_question(method: str, *, now: datetime) -> datetime | None:
    """When to ask about money that comes now; None where the provider cannot say."""
    return now + DAY if method in TELLING else None


def next_question(*, succeeded_at: datetime, now: datetime) -> datetime | None:
    """When to ask again: daily for a month, then weekly; None after half a year."""
    age = now - succeeded_at
    if age >= ASKED_FOR:
        return None
    return now + (DAY if age < DAILY_FOR else WEEK)
