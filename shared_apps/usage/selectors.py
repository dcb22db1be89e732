"""Reading the counters of the current tenant."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from shared_apps.usage.counted import counted_here
from shared_apps.usage.models import UsageCounter


def counted_now(*, at: datetime | None = None) -> dict[str, int]:
    """How much there is of everything the product counts, by quota; what is new each month for the month of `at`.

    One query, and one for each that has no counter yet. In the unit of `names.UNITS`.
    """
    moment, counted = at or timezone.now(), counted_here()
    periods = {name: one.period(moment) for name, one in counted.items()}
    rows = UsageCounter.objects.filter(name__in=periods, period__in=set(periods.values()))
    kept = {(row.name, row.period): row.used for row in rows}
    return {
        name: kept[name, periods[name]] if (name, periods[name]) in kept else one.truth(moment)
        for name, one in counted.items()
    }
