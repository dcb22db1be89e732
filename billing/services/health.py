"""How the providers answer: noted at every call, and a method whose provider fails is hidden from payers.

A hidden method is checked again from beat; open attempts by it go on being polled. Methods that people check (transfers)
have no provider that could fail, so they always stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing import gateways
from billing.method_names import method_name
from billing.models import PaymentMethod, ProviderHealth
from billing.providers import reasons
from billing.providers.base import ProviderError, ProviderRefused, ProviderUnavailable
from billing.providers.breaker import Breaker, Failure, after_failure, after_success, failure_of
from shared_apps.accounts.admins import is_platform_admin
from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.audit.services import record
from shared_apps.core.context import platform_url
from shared_apps.core.errors import Conflict, NotAllowed
from shared_apps.notifications.services import notify_by_email

logger = structlog.get_logger(__name__)

# While nothing changes, the row is written this often at most.
QUIET = timedelta(seconds=30)
# Between two checks of one method, and how long a check that died keeps others away.
CHECK_EVERY = timedelta(seconds=60)
Change = Callable[[ProviderHealth, datetime], dict[str, Any]]


@contextmanager
def watched(method: PaymentMethod, *, about_payer: bool = False) -> Iterator[None]:
    """Note how the call of a provider inside ends, and let its exception through. Opens no transaction around it.

    `about_payer`: the question holds what a payer typed, so that a failure says little of the provider.
    """
    try:
        yield
    except (ProviderUnavailable, ProviderRefused) as trouble:
        failure = failure_of(trouble)
        if failure and method.is_automatic:
            note_failure(method, Failure.REFUSED if about_payer else failure, reason=trouble.reason)
        raise
    if method.is_automatic:
        note_success(method)


def note_success(method: PaymentMethod, *, is_check: bool = False) -> None:
    """A provider answered. At most one write in QUIET while it always does; locks the method's row of health for it."""
    _note(method, lambda health, now: _values_after_success(health, now, is_check=is_check))


def note_failure(method: PaymentMethod, failure: Failure, *, reason: str, is_check: bool = False) -> None:
    """A provider did not answer as it should. One transaction; locks the method's row of health.

    The team is told by mail when the method is hidden, once.
    """
    _note(method, lambda health, now: _values_after_failure(health, failure, now, reason=reason, is_check=is_check))


def note_callback(provider: str, *, at: datetime) -> None:
    """A callback or webhook of a provider came at that time. One guarded UPDATE; writes at most once in QUIET."""
    earlier = Q(last_callback_at__isnull=True) | Q(last_callback_at__lt=at - QUIET)
    ProviderHealth.objects.filter(earlier, method__name=provider).update(last_callback_at=at)


def claim_due_checks(*, limit: int = 20) -> list[int]:
    """Ids of the methods whose provider is to be checked now: hidden ones, and those of which a call has failed.

    One short transaction; locks the rows it takes, skips those that are taken, and nobody else is given them for
    CHECK_EVERY.
    """
    now = timezone.now()
    suspected = Q(hidden_until__lte=now) | Q(hidden_since__isnull=True, consecutive_failures__gt=0)
    rested = Q(checked_at__isnull=True) | Q(checked_at__lte=now - CHECK_EVERY)
    due = ProviderHealth.objects.filter(suspected, rested, method__is_active=True, method__is_automatic=True)
    with transaction.atomic():
        taken = dict(due.select_for_update(skip_locked=True, of=("self",)).values_list("pk", "method_id")[:limit])
        ProviderHealth.objects.filter(pk__in=taken).update(checked_at=now)
    return list(taken.values())


def check_method(*, method: PaymentMethod) -> ProviderError | None:
    """Ask a provider whether it would take our payments now; what is wrong, or None. No transaction is open meanwhile.

    What is hidden is offered again when nothing is wrong. Of a method that people check only our own details are looked at.
    """
    ProviderHealth.objects.filter(method=method).update(checked_at=timezone.now())
    try:
        gateways.gateway(method.name).check_health()
    except (ProviderUnavailable, ProviderRefused) as trouble:
        logger.warning("provider fails its check", method=method.name, reason=trouble.reason)
        if not method.is_automatic:
            return trouble
        sure = Failure.ACCOUNT_REFUSED if failure_of(trouble) is Failure.REFUSED else Failure.AWAY
        note_failure(method, sure, reason=trouble.reason, is_check=True)
        return trouble
    if method.is_automatic:
        note_success(method, is_check=True)
    return None


def set_breaker(*, method: PaymentMethod, on: bool, admin: Any) -> None:
    """Let a method be hidden when its provider fails, or never. One transaction; locks the method's row of health.

    Switched off, a hidden method is offered again at once. Doing it again changes nothing. Raises NotAllowed.
    """
    _check_admin(admin)
    with transaction.atomic():
        health = ProviderHealth.objects.select_for_update().get(method=method)
        if health.breaker_is_on == on:
            return
        shown = {} if on else {"hidden_since": None, "hidden_until": None, "consecutive_failures": 0}
        ProviderHealth.objects.filter(pk=health.pk).update(breaker_is_on=on, **shown)
        record(action="method.breaker_changed", category=AuditCategory.SETTINGS, resource=method, actor=admin,
               level=AuditLog.Level.INFO if on else AuditLog.Level.WARNING,
               before={"breaker": not on}, after={"breaker": on})  # fmt: skip


def set_method_active(*, method: PaymentMethod, active: bool, admin: Any) -> None:
    """Offer a way to pay or not. One transaction; locks the rows of all methods, so that one always stays.

    Open attempts by it go on. Doing it again changes nothing. Raises NotAllowed, and Conflict for the last one.
    """
    _check_admin(admin)
    with transaction.atomic():
        methods = {one.pk: one for one in PaymentMethod.objects.select_for_update().order_by("pk")}
        if methods[method.pk].is_active == active:
            return
        if not active and not any(one.is_active for one in methods.values() if one.pk != method.pk):
            raise Conflict("last_method", _("This is the only way to pay left. Switch another one on first."))
        PaymentMethod.objects.filter(pk=method.pk).update(is_active=active)
        record(action="method.switched_on" if active else "method.switched_off", category=AuditCategory.SETTINGS,
               resource=method, actor=admin, level=AuditLog.Level.WARNING,
               before={"is_active": not active}, after={"is_active": active})  # fmt: skip


def _check_admin(admin: Any) -> None:
    if not is_platform_admin(admin):
        raise NotAllowed("admins_only", _("Only platform admins may change ways to pay."))


def _note(method: PaymentMethod, change: Change) -> None:
    """Write what `change` makes of the row. Looked at without a lock first: nearly always there is nothing to write."""
    now = timezone.now()
    health = ProviderHealth.objects.filter(method=method).first()
    if health is None or not change(health, now):
        return
    with transaction.atomic():
        health = ProviderHealth.objects.select_for_update().get(pk=health.pk)
        values = change(health, now)
        if values:
            ProviderHealth.objects.filter(pk=health.pk).update(**values)
            _announce(method, health, values)


def _breaker_of(health: ProviderHealth) -> Breaker:
    return Breaker(
        failures=health.consecutive_failures,
        failed_at=health.last_failure_at,
        hidden_since=health.hidden_since,
        hidden_until=health.hidden_until,
        is_on=health.breaker_is_on,
    )


def _values_of(breaker: Breaker) -> dict[str, Any]:
    return {
        "consecutive_failures": breaker.failures,
        "last_failure_at": breaker.failed_at,
        "hidden_since": breaker.hidden_since,
        "hidden_until": breaker.hidden_until,
    }


def _values_after_success(health: ProviderHealth, now: datetime, *, is_check: bool) -> dict[str, Any]:
    before = _breaker_of(health)
    after = after_success(before, is_check=is_check)
    is_fresh = health.last_success_at is not None and now - health.last_success_at < QUIET
    return {} if after == before and is_fresh else {**_values_of(after), "last_success_at": now}


def _values_after_failure(
    health: ProviderHealth, failure: Failure, now: datetime, *, reason: str, is_check: bool
) -> dict[str, Any]:
    before = _breaker_of(health)
    if before.is_hidden and not is_check and before.failed_at and now - before.failed_at < QUIET:
        return {}
    after = after_failure(before, failure, now=now, is_check=is_check)
    return {**_values_of(after), "last_failure_reason": reason}


def _announce(method: PaymentMethod, before: ProviderHealth, values: dict[str, Any]) -> None:
    """Record that a method is hidden or offered again, and tell the team. In the caller's transaction."""
    was, since = before.hidden_since, values["hidden_since"]
    if since and not was:
        reason = values["last_failure_reason"]
        logger.error("way to pay hidden", method=method.name, reason=reason)
        record(action="method.hidden", category=AuditCategory.PAYMENT, resource=method, level=AuditLog.Level.ERROR,
               after={"reason": reason, "failures": values["consecutive_failures"]})  # fmt: skip
        _tell_team(method, reason, since)
    elif was and not since:
        record(action="method.offered_again", category=AuditCategory.PAYMENT, resource=method,
               before={"hidden_since": was})  # fmt: skip


def _tell_team(method: PaymentMethod, reason: str, since: datetime) -> None:
    notify_by_email(
        key=f"method-hidden:{method.name}:{since.isoformat()}",
        template="method_hidden",
        recipient=settings.SUPPORT_EMAIL,
        locale=settings.LANGUAGE_CODE,
        context={
            "method": method_name(method.name, locale=settings.LANGUAGE_CODE),
            "is_refused": reason == reasons.MISCONFIGURED,
            "url": platform_url("/backoffice/providers/"),
        },
    )
