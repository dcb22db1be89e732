"""What quotas are called, and what they are counted in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shared_apps.core.numbers import number_text

GIGABYTE = 10**9
# Plans say gigabytes; what is stored is counted in bytes, so that the last gigabyte can be used whole.
UNITS = {"storage_gb": GIGABYTE}
# In the order they are shown. Others of a plan are no amounts that a workspace uses up.
LABELS: dict[str, str | Promise] = {
    "products": _("Products"),
    "events_per_month": _("Events this month"),
    "esxi_servers": _("ESXi servers"),
    "vms": _("Virtual machines"),
    "backups_per_month": _("Backups this month"),
    "storage_gb": _("Storage (GB)"),
    "users": _("Users"),
}


def unit_of(name: str) -> int:
    """How much one of the plan's units is in what is counted."""
    return UNITS.get(name, 1)


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """One limit of the plan: `limit` None is unlimited, `counted` None is not counted here.

    The limit is in the plan's unit, `counted` in what is counted: gigabytes and bytes.
    """

    name: str
    limit: int | None
    counted: int | None

    @property
    def label(self) -> str | Promise:
        """What it is called."""
        return LABELS.get(self.name, self.name)

    @property
    def used(self) -> int | None:
        """Whole units of the plan that are used."""
        return None if self.counted is None else self.counted // unit_of(self.name)

    @property
    def remaining(self) -> int | None:
        """Whole units that are left; None where there is no limit or no count."""
        if self.limit is None or self.counted is None:
            return None
        return max(0, self.limit * unit_of(self.name) - self.counted) // unit_of(self.name)

    @property
    def used_text(self) -> str:
        """What is used, as people read it: storage with one decimal."""
        tenths = (self.counted or 0) * 10 // unit_of(self.name)
        return number_text(Decimal(tenths) / 10)

    @property
    def limit_text(self) -> str:
        """The limit, as people read it; nothing without one."""
        return "" if self.limit is None else number_text(self.limit)

    @property
    def percent(self) -> int:
        """How much of the limit is used; without a limit, nothing."""
        if self.limit is None or self.counted is None:
            return 0
        return 100 * self.counted // (self.limit * unit_of(self.name)) if self.limit else 100

    @property
    def is_nearly_reached(self) -> bool:
        """At 90 % and above."""
        return self.percent >= 90


def uses_of(quotas: Mapping[str, int | None], counted: Mapping[str, int]) -> list[QuotaUse]:
    """The plan's limits that are counted, each with what is used of it, in the order they are shown."""
    return [QuotaUse(name, quotas[name], counted[name]) for name in LABELS if name in quotas and name in counted]
