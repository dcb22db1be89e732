"""What is noted when somebody takes figures away, or puts the list of first steps away."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from tenant_apps.store.selectors import shop
from tenant_apps.store.services.shop import lock_shop


@transaction.atomic
def note_export(*, kind: str, first: date, last: date, by: User) -> None:
    """Note who took which figures away, of which days. One transaction, no lock."""
    record(
        action="store.report.exported",
        category=AuditCategory.ORDER,
        resource=shop(),
        actor=by,
        after={"kind": kind, "since": first, "until": last},
    )


@transaction.atomic
def close_setup(*, by: User) -> None:
    """Put the list of first steps away, for everybody. Locks the shop; one transaction. Doing it again changes nothing."""
    found = lock_shop()
    if found.setup_closed_at is not None:
        return
    found.setup_closed_at = timezone.now()
    found.save(update_fields=["setup_closed_at", "updated_at"])
    record(action="store.shop.setup_closed", category=AuditCategory.SETTINGS, resource=found, actor=by)
