"""The plan of a workspace in words: what each limit is called, and how much of it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shared_apps.core.context import platform_url
from shared_apps.organisations.current import current_tenant

# In the order they are shown. Others of the plan are no amounts that a workspace uses up.
LABELS: dict[str, str | Promise] = {
    "products": _("Products"),
    "events_per_month": _("Events this month"),
    "esxi_servers": _("Servers"),
    "vms": _("Virtual machines"),
    "backups_per_month": _("Backups this month"),
    "storage_gb": _("Storage (GB)"),
    "users": _("People of the team"),
}
NEARLY = 0.9


def plans_url() -> str:
    """Where this product's plans are compared, on the platform."""
    return platform_url(f"/pricing/#{current_tenant().product}")


@dataclass(frozen=True, slots=True)
class LimitUse:
    """One limit of the plan; `limit` None is unlimited."""

    label: str | Promise
    used: int
    limit: int | None

    @property
    def is_nearly_reached(self) -> bool:
        """At 90 % and above."""
        return self.limit is not None and self.used >= self.limit * NEARLY


def limits_of(quotas: Mapping[str, int | None], used: Mapping[str, int]) -> list[LimitUse]:
    """The plan's limits that are counted, each with what is used of it."""
    return [LimitUse(LABELS[name], used[name], quotas[name]) for name in LABELS if name in quotas and name in used]
