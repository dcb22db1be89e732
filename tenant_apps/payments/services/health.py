"""How the tenant's providers answer: a way to pay whose provider fails is not offered until a check of ours succeeds.

In good times nothing is written. `billing.providers.breaker` decides; what it says is kept on the way's row. Attempts that are
open go on being asked about. Transfers and cash have no provider that could fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from billing.providers.base import ProviderError, ProviderRefused, ProviderUnavailable
from billing.providers.breaker import Breaker, Failure, after_failure, after_success, failure_of
from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.audit.services import record
from tenant_apps.payments.gateways import gateway
from tenant_apps.payments.models import Method
from tenant_apps.payments.services.letters import tell_managers
from tenant_apps.payments.services.watching import watch_after_commit

logger = structlog.get_logger(__name__)

# After a call that nobody answered the provider is checked so much later; after one that was refused at once.
SUSPICION = timedelta(seconds=60)
# A row without any trouble.
UNTROUBLED: dict[str, Any] = {
    "failures": 0, "failed_at": None, "failure_reason": "", "hidden_since": None, "next_check_at": None,
}  # fmt: skip


@contextmanager
def watched(name: str) -> Iterator[None]:
    """Note how the call of a way's provider inside ends, and let its exception through. Opens no transaction around it."""
    try:
        yield
    except (ProviderUnavailable, ProviderRefused) as trouble:
        failure = failure_of(trouble)
        if failure:
            note_failure(name, failure, reason=trouble.reason, now=timezone.now())
        raise
    note_success(name)


def note_success(name: str, *, is_check: bool = False, seen: datetime | None = None) -> None:
    """A provider answered. One read; where there was trouble, one transaction that locks the way's row.

    Of a check: `seen` is when the keys it was made with were set; of other keys it says nothing.
    """
    troubled = Method.objects.filter(pk=name).exclude(failures=0, hidden_since=None, next_check_at=None)
    if not troubled.exists():
        return
    with transaction.atomic():
        method = _locked(name, seen)
        if method is None:
            return
        after = after_success(_breaker_of(method), is_check=is_check)
        if not after.is_hidden:
            _keep(method, after, reason="", next_check_at=None)


def note_failure(
    name: str, failure: Failure, *, reason: str, now: datetime, is_check: bool = False, seen: datetime | None = None
) -> None:
    """A provider did not answer as it should. One transaction that locks the way's row; `seen` as above.

    When the way is hidden, who may set ways up is told by mail, once. While it is hidden only checks count.
    """
    with transaction.atomic():
        method = _locked(name, seen)
        if method is None or not method.has_provider or (method.is_hidden and not is_check):
            return
        after = after_failure(_breaker_of(method), failure, now=now, is_check=is_check)
        soon = now if failure is Failure.REFUSED else now + SUSPICION
        _keep(method, after, reason=reason, next_check_at=after.hidden_until or soon)


def check_method(name: str) -> bool:
    """Ask a way's provider whether it would take payments now, and act on the answer; whether it would.

    No transaction is open meanwhile. What is hidden is offered again when nothing is wrong.
    """
    method = Method.objects.filter(pk=name, is_active=True).first()
    if method is None:  # switched off meanwhile: it is looked at when it is switched on
        Method.objects.filter(pk=name, hidden_since__isnull=True).update(next_check_at=None)
        return True
    return ask_provider(method) == ""


def ask_provider(method: Method) -> str:
    """Check the keys of a way, and keep what came of it: the reason why payments cannot be taken, "" if they can.

    No transaction is open while the provider is asked.
    """
    error = ""
    try:
        gateway(method).check_health()
    except ProviderError as problem:
        logger.warning("keys were tested", method=method.name, reason=problem.reason, detail=problem.detail[:200])
        error = problem.reason
        sure = Failure.ACCOUNT_REFUSED if failure_of(problem) is Failure.REFUSED else Failure.AWAY
        note_failure(
            method.name, sure, reason=problem.reason, now=timezone.now(), is_check=True, seen=method.updated_at
        )
    else:
        note_success(method.name, is_check=True, seen=method.updated_at)
    same_keys = Method.objects.filter(pk=method.name, updated_at=method.updated_at)
    same_keys.update(checked_at=timezone.now(), check_error=error[:40])
    return error


def is_hidden(name: str) -> bool:
    """Whether nobody should wait for a way's provider now. One read."""
    return Method.objects.filter(pk=name, hidden_since__isnull=False).exists()


def _locked(name: str, seen: datetime | None) -> Method | None:
    rows = Method.objects.select_for_update().filter(pk=name)
    found: Method | None = (rows.filter(updated_at=seen) if seen else rows).first()
    return found


def _breaker_of(method: Method) -> Breaker:
    until = method.next_check_at if method.is_hidden else None
    return Breaker(method.failures, method.failed_at, method.hidden_since, until)


def _keep(method: Method, after: Breaker, *, reason: str, next_check_at: datetime | None) -> None:
    """Write what the breaker says, and tell who has to know. In the caller's transaction."""
    was = method.hidden_since
    method.failures, method.failed_at, method.hidden_since = after.failures, after.failed_at, after.hidden_since
    method.failure_reason, method.next_check_at = reason[:40], next_check_at
    method.save(update_fields=list(UNTROUBLED))
    watch_after_commit(method)
    if after.hidden_since and not was:
        logger.error("way to pay hidden", method=method.name, reason=reason)
        record(action="payment_way.hidden", category=AuditCategory.PAYMENT, resource=method,
               level=AuditLog.Level.ERROR, after={"name": method.name, "reason": reason})  # fmt: skip
        tell_managers(method)
    elif was and not after.hidden_since:
        record(action="payment_way.offered_again", category=AuditCategory.PAYMENT, resource=method,
               after={"name": method.name})  # fmt: skip
