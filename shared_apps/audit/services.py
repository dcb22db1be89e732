"""Writing the audit log, and deleting what has been kept long enough."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.utils import timezone

from shared_apps.audit.models import AuditCategory, AuditLog, RetentionRule
from shared_apps.audit.retention import days_kept
from shared_apps.core.request_info import request_info

_ENCODE = DjangoJSONEncoder().encode
_COLUMNS = (
    "category", "level", "action", "actor_id", "actor_label", "impersonator", "resource_type", "resource_id",
    "before", "after", "ip", "user_agent", "request_id",
)  # fmt: skip
_INSERT = f"INSERT INTO audit_auditlog ({', '.join(_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_COLUMNS))})"  # noqa: S608 — constants only


def record(
    *,
    action: str,
    category: str,
    resource: models.Model,
    actor: Any | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    level: str = AuditLog.Level.INFO,
) -> None:
    """Note a change. Call it inside the transaction that makes the change; it takes no lock.

    `category` is one of AuditCategory. The actor is the given account, else the one of the current request, else nobody
    (a task). One statement, written out because the ORM's own costs as much again as the insert: every write pays for it
    (`benchmarks/audit.py`).
    """
    info = request_info()
    who = actor or info.actor
    values = (
        category,
        level,
        action,
        who.pk if who else None,
        str(who.email) if who else "",
        info.impersonator,
        resource._meta.label_lower,
        str(resource.pk),
        _ENCODE(before) if before else "{}",
        _ENCODE(after) if after else "{}",
        info.ip,
        info.user_agent[:300],
        info.request_id,
    )
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Only what differs, for `record(..., **changes(before, after))`."""
    differing = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {
        "before": {name: before[name] for name in differing if name in before},
        "after": {name: after[name] for name in differing if name in after},
    }


@transaction.atomic
def set_retention(*, days: Mapping[str, int]) -> None:
    """Keep entries of these categories so many days from now on. One transaction; each rule is an upsert, the last wins.

    Doing it again changes nothing and records nothing.
    """
    current = days_kept()
    for category, number in days.items():
        if number == current[category]:
            continue
        rule, _created = RetentionRule.objects.update_or_create(category=category, defaults={"days": number})
        record(
            action="audit.retention_changed",
            category=AuditCategory.SETTINGS,
            level=AuditLog.Level.WARNING if number < current[category] else AuditLog.Level.INFO,
            resource=rule,
            before={category: current[category]},
            after={category: number},
        )


BATCH = 5000
MOST_BATCHES = 200


def delete_expired_entries(*, now: datetime | None = None, batch: int = BATCH) -> int:
    """Delete what has been kept long enough; how many that were. One short transaction a batch, no lock but its rows'.

    An entry of level error lives as long as its category or as errors do, whichever is longer.
    """
    moment, kept, deleted = now or timezone.now(), days_kept(), 0
    for days in sorted(set(kept.values())):
        rows = AuditLog.objects.filter(category__in=[category for category, number in kept.items() if number == days])
        longest = max(days, kept[AuditCategory.ERROR])
        error = models.Q(level=AuditLog.Level.ERROR)
        old = ~error & models.Q(created_at__lt=moment - timedelta(days=days))
        old |= error & models.Q(created_at__lt=moment - timedelta(days=longest))
        deleted += delete_in_batches(rows.filter(old), batch=batch)
    return deleted


def delete_in_batches(rows: models.QuerySet[Any], *, batch: int = BATCH) -> int:
    """Delete rows that nothing refers to, some at a time, so that no lock is held for long; at most MOST_BATCHES."""
    deleted = 0
    for _ in range(MOST_BATCHES):
        piece = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk")[:batch])
        number, _by_model = piece.delete()
        deleted += number
        if number < batch:
            break
    return deleted


def mask_person(*, person_id: Any, contacts: Collection[str], mask: str) -> None:
    """Put `mask` where the log names a person who is forgotten; what was done stays. Part of the caller's transaction.

    `contacts` are their addresses and numbers. Entries about the person lose their names too; entries about anything else
    each value with one of the contacts in it.
    """
    AuditLog.objects.filter(actor_id=person_id).update(actor_label=mask, ip=None, user_agent="")
    AuditLog.objects.filter(impersonator__in=contacts).update(impersonator=mask)
    with connection.cursor() as cursor:
        cursor.execute(_MASK, {"values": _values_with(contacts), "mask": f'"{mask}"'})
    about = AuditLog.objects.filter(resource_type="accounts.user", resource_id=str(person_id))
    for entry in about.exclude(before={}, after={}).iterator():
        entry.before, entry.after = _masked(entry.before, mask), _masked(entry.after, mask)
        entry.save(update_fields=["before", "after"])


_PERSONAL = frozenset(
    {"email", "new_email", "old_email", "first_name", "last_name", "name", "person", "phone", "date_of_birth"}
)
# One look at the whole log, in the database: somebody is forgotten rarely, and an index would be paid at every write.
_MASK = """
UPDATE audit_auditlog
SET before = regexp_replace(before::text, %(values)s, %(mask)s, 'gi')::jsonb,
    after = regexp_replace(after::text, %(values)s, %(mask)s, 'gi')::jsonb
WHERE before::text ~* %(values)s OR after::text ~* %(values)s
"""


def _values_with(texts: Collection[str]) -> str:
    """A pattern (PostgreSQL) of the JSON strings that hold one of these, but not as part of a longer address or number."""
    inside = r'(?:[^"\\]|\\.)*'
    words = "|".join(re.escape(json.dumps(text, ensure_ascii=False)[1:-1]) for text in texts)
    # A line break is written with a letter: \n stands before the word, and is no part of it.
    start = r"(?:(?<![[:alnum:]._%+-])|\\(?:[bfnrt]|u[0-9a-f]{4}))"
    return rf'"{inside}{start}(?:{words})(?![[:alnum:]_-]|\.[[:alnum:]]){inside}"'


def _masked(values: dict[str, Any], mask: str) -> dict[str, Any]:
    return {key: mask if key in _PERSONAL and value else value for key, value in values.items()}
