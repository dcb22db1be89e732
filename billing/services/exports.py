"""What leaves the platform as a file is noted."""

from __future__ import annotations

from datetime import date
from typing import Any

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record


def note_export(*, kind: str, since: date, until: date, admin: Any) -> None:
    """Note that an admin takes payments, invoices, subscriptions or the accounting journal of some days away.

    Its own statement; takes no lock.
    """
    record(action="revenue.exported", category=AuditCategory.PAYMENT, resource=admin, actor=admin,
           after={"kind": kind, "since": since.isoformat(), "until": until.isoformat()})  # fmt: skip
