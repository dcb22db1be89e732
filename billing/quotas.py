"""The plan's limits, for the apps of tenants. It and `money` and `providers` are all that they see of billing.

    with transaction.atomic():
        quotas.reserve("products", message=TOO_MANY_PRODUCTS)
        Product.objects.create(…)

Whoever makes or deletes what a plan limits calls `reserve` or `release` in the same transaction, before doing so and
after the locks of their own: each locks one counter until the end of the transaction. Then the counters are the truth,
however many people act at once (`shared_apps.usage`).
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone, translation
from django.utils.functional import Promise

from shared_apps.accounts.models import User
from shared_apps.core.context import platform_url
from shared_apps.core.errors import DomainError
from shared_apps.core.numbers import number_text
from shared_apps.notifications.services import notify_by_email
from shared_apps.organisations.current import current_tenant
from shared_apps.organisations.own import own_organisation
from shared_apps.usage import services
from shared_apps.usage.counted import month_of
from shared_apps.usage.models import UsageCounter
from shared_apps.usage.names import QuotaUse, unit_of, uses_of
from shared_apps.usage.selectors import counted_now

Text = str | Promise


class QuotaReached(DomainError):
    """The plan's limit is reached. `extra` says which, how much, and where to get more."""

    status = 403


def reserve(name: str, amount: int = 1, *, message: Text, field: str = "", at: datetime | None = None) -> None:
    """Count `amount` more of something (storage in bytes), or raise QuotaReached when the plan has no room for it.

    In the caller's transaction, before the thing is made; a roll-back gives back. `at` (now) says which month counts.
    `message` may contain %(limit)s and %(plan)s. A limit of None in the plan, or none at all, means unlimited; it is
    counted all the same. The first time a month that 90 % are used, the workspace's owner gets a mail.
    Raises TransactionManagementError outside a transaction, and KeyError for what the product does not count.
    """
    moment, limit = at or timezone.now(), current_tenant().quota(name)
    at_most = None if limit is None else limit * unit_of(name)
    counter = services.take(name=name, amount=amount, at_most=at_most, at=moment)
    if counter is None:
        raise _reached(name, message, field=field)
    if limit is not None:
        _warn_once(counter, limit=limit, at=moment)


def count_in(name: str, amount: int = 1) -> None:
    """Count `amount` more of what no plan may refuse, such as the seat of the workspace's owner. As `reserve`."""
    services.take(name=name, amount=amount, at_most=None, at=timezone.now())


def release(name: str, amount: int = 1, *, at: datetime | None = None) -> None:
    """Give back what was reserved, of the month of `at` (now); never below nothing.

    In the caller's transaction, before the thing is deleted. Raises as `reserve`.
    """
    services.give_back(name=name, amount=amount, at=at or timezone.now())


def count_anew(name: str) -> None:
    """Have something counted from its rows again: which of them a month has is decided differently now.

    In the caller's transaction, which holds a lock that everybody who reserves this takes first.
    """
    services.count_anew(name=name)


def check(name: str, amount: int = 1, *, message: Text, field: str = "") -> None:
    """Pass when there is room for `amount` more now, and keep nothing; else raise QuotaReached.

    For what will be reserved later, such as the seat of an invitation. The caller holds the lock that makes it last.
    """
    limit = current_tenant().quota(name)
    if limit is not None and counted_now()[name] + amount > limit * unit_of(name):
        raise _reached(name, message, field=field)


def check_feature(name: str, *, message: Text) -> None:
    """Pass, or raise QuotaReached when the plan does not have the feature. `message` may contain %(plan)s."""
    tenant = current_tenant()
    if name not in tenant.features:
        text = str(message) % {"plan": tenant.plan_name}
        raise QuotaReached("not_in_plan", text, extra={"feature": name, "upgrade_url": upgrade_url()})


def usage() -> dict[str, int]:
    """How much is used of everything the product counts, in whole units of the plan. One query; more as `counted_now`."""
    return {name: counted // unit_of(name) for name, counted in counted_now().items()}


def limits() -> list[QuotaUse]:
    """The plan's limits that are counted here, each with what is used of it. Queries as `usage`."""
    return uses_of(dict(current_tenant().quotas), counted_now())


def upgrade_url() -> str:
    """Where the organisation's plan is changed, on the platform."""
    return platform_url(f"/organisations/{current_tenant().pk}/plan/")


def _reached(name: str, message: Text, *, field: str) -> QuotaReached:
    tenant = current_tenant()
    limit = tenant.quota(name)
    return QuotaReached(
        "quota_reached",
        str(message) % {"limit": number_text(limit or 0), "plan": tenant.plan_name},
        field=field,
        extra={"quota": name, "limit": limit, "used": usage()[name], "upgrade_url": upgrade_url()},
    )


def _warn_once(counter: UsageCounter, *, limit: int, at: datetime) -> None:
    """Queue the mail of 90 %, once a month and limit. The counter's row is locked, so nobody else does meanwhile."""
    use = QuotaUse(counter.name, limit, counter.used)
    occasion = f"{counter.period or month_of(at, timezone.get_default_timezone())}/{limit}"
    if not use.is_nearly_reached or counter.warned == occasion:
        return
    tenant = current_tenant()
    owner = User.objects.filter(platform_user_id=own_organisation().owner_id, is_active=True).first()
    if owner is None:
        return  # on the way from one owner to the next: the next reservation finds the new one
    counter.warned = occasion
    counter.save(update_fields=["warned"])
    with translation.override(owner.locale):
        what, used = str(use.label), use.used_text
    notify_by_email(
        key=f"quota-nearly-reached:{counter.name}:{occasion}",
        template="quota_nearly_reached",
        recipient=owner.email,
        locale=owner.locale,
        context={
            "name": owner.get_short_name(),
            "organisation": tenant.name,
            "plan": tenant.plan_name,
            "what": what,
            "used": used,
            "limit": limit,
            "url": upgrade_url(),
        },
    )
