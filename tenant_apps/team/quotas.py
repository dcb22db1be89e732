"""The plan's limits, asked where things are created. The caller holds the lock that makes the count true."""

from __future__ import annotations

from django.utils.functional import Promise

from shared_apps.core.errors import DomainError
from shared_apps.organisations.current import current_tenant
from tenant_apps.team.plan import plans_url
from tenant_apps.team.selectors import GIGABYTE


class QuotaReached(DomainError):
    """The plan's limit is reached. `extra` says which, how much, and where to get more."""

    status = 403


def check_quota(name: str, *, used: int, adding: int = 1, message: str | Promise, field: str = "") -> None:
    """Pass, or raise QuotaReached when `used + adding` is above the plan's limit.

    `message` may contain %(limit)s and %(plan)s. None in the plan means unlimited.
    """
    tenant = current_tenant()
    limit = tenant.quota(name)
    if limit is None or used + adding <= limit:
        return
    raise QuotaReached(
        "quota_reached",
        str(message) % {"limit": limit, "plan": tenant.plan_name},
        field=field,
        extra={"quota": name, "limit": limit, "used": used, "upgrade_url": plans_url()},
    )


def check_feature(name: str, *, message: str | Promise) -> None:
    """Pass, or raise QuotaReached when the plan does not have the feature. `message` may contain %(plan)s."""
    tenant = current_tenant()
    if name not in tenant.features:
        text = str(message) % {"plan": tenant.plan_name}
        raise QuotaReached("not_in_plan", text, extra={"feature": name, "upgrade_url": plans_url()})


def check_storage_quota(*, used_bytes: int, adding_bytes: int, message: str | Promise, field: str = "") -> None:
    """The same for `storage_gb`, counted in bytes so that the last gigabyte can be used whole."""
    tenant = current_tenant()
    limit = tenant.quota("storage_gb")
    if limit is None or used_bytes + adding_bytes <= limit * GIGABYTE:
        return
    raise QuotaReached(
        "quota_reached",
        str(message) % {"limit": limit, "plan": tenant.plan_name},
        field=field,
        extra={"quota": "storage_gb", "limit": limit, "used": used_bytes // GIGABYTE, "upgrade_url": plans_url()},
    )
