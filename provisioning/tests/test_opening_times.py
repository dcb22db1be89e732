"""How long it took workspaces to open, as the revenue page tells it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from billing.models import Order
from provisioning.models import ProvisioningJob
from provisioning.selectors import OpeningTimes, opening_times

pytestmark = pytest.mark.django_db


def at(day: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(day))


def test_the_median_and_the_slowest_of_those_that_opened() -> None:
    jobs = list(ProvisioningJob.objects.order_by("created_at")[:3])
    ProvisioningJob.objects.update(finished_at=at("2026-01-31 23:59:59"))
    for job, seconds in zip(jobs, (2, 4, 60), strict=True):
        finished_at = at("2026-02-10 09:00")
        ProvisioningJob.objects.filter(pk=job.pk).update(finished_at=finished_at)
        Order.objects.filter(pk=job.order_id).update(paid_at=finished_at - timedelta(seconds=seconds))
    found = opening_times(since=at("2026-02-01"), until=at("2026-03-15 12:00"))
    assert found == OpeningTimes(3, timedelta(seconds=4), timedelta(seconds=54.4))
    assert opening_times(since=at("2025-01-01"), until=at("2025-02-01")) == OpeningTimes(0, None, None)
