"""How a product counts what its plans limit. Each names its own in `COUNTED` of its selectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from shared_apps.organisations.current import current_tenant


@dataclass(frozen=True, slots=True)
class Total:
    """All there is, such as products: making one takes, deleting one gives back."""

    count: Callable[[], int]

    def period(self, at: datetime) -> str:
        """It never begins anew."""
        return ""

    def truth(self, at: datetime) -> int:
        """How many there are, counted now."""
        return self.count()


@dataclass(frozen=True, slots=True)
class Monthly:
    """What a calendar month brings, such as backups: `count` is given its first moment and that of the next one.

    Months begin at midnight in `zone`; the platform's own (`settings.TIME_ZONE`) unless the product has another.
    """

    count: Callable[[datetime, datetime], int]
    zone: Callable[[], tzinfo] = timezone.get_default_timezone

    def period(self, at: datetime) -> str:
        """The month of a moment: "2026-11"."""
        return month_of(at, self.zone())

    def truth(self, at: datetime) -> int:
        """How many there are in the month of a moment, counted now."""
        first = at.astimezone(self.zone()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = (first + timedelta(days=32)).replace(day=1)
        return self.count(first, following)


Counted = Total | Monthly


def month_of(at: datetime, zone: tzinfo) -> str:
    """The calendar month of an aware moment in a zone: "2026-11"."""
    return f"{at.astimezone(zone):%Y-%m}"


def counted_here() -> Mapping[str, Counted]:
    """What the current tenant's product counts, by the name of the quota."""
    product = settings.PRODUCTS.get(current_tenant().product)
    return import_string(product.counted) if product else {}
