"""Reading the audit log. Every answer costs the same few queries, however long the log is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.functional import cached_property

from shared_apps.audit.models import AuditLog
from shared_apps.audit.texts import ACTIONS
from shared_apps.core.errors import NotFound

# How far pages reach and what is counted at most; older entries are found by dates and filters.
MOST_COUNTED = 10_000
MOST_EXPORTED = 50_000
STATISTICS_DAYS = 30
_EXPORT_CHUNK = 1000
# Where a part of a word is looked for, and where the whole is meant.
_SEARCHED = ("actor_label", "impersonator", "action")
_SEARCHED_WHOLE = ("resource_type", "resource_id", "request_id")

ORDERS = {
    "-created_at": ("-created_at", "-pk"),
    "created_at": ("created_at", "pk"),
    "actor": ("actor_label", "-created_at", "-pk"),
    "action": ("action", "-created_at", "-pk"),
    "category": ("category", "-created_at", "-pk"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for in the log; everything empty means all of it. Dates are whole local days, both included."""

    search: str = ""
    category: str = ""
    level: str = ""
    action: str = ""
    actor: str = ""
    resource: str = ""
    since: date | None = None
    until: date | None = None


def entries(wanted: Wanted, *, order: str = "-created_at") -> QuerySet[AuditLog]:
    """The entries wanted, in one of ORDERS."""
    rows = AuditLog.objects.order_by(*ORDERS[order])
    exact = {name: getattr(wanted, name) for name in ("category", "level", "action") if getattr(wanted, name)}
    rows = rows.filter(**exact)
    if wanted.since:
        rows = rows.filter(created_at__gte=_midnight(wanted.since))
    if wanted.until:
        rows = rows.filter(created_at__lt=_midnight(wanted.until + timedelta(days=1)))
    if wanted.actor:
        rows = rows.filter(_of_actor(wanted.actor))
    if wanted.resource:
        rows = rows.filter(_of_resource(wanted.resource))
    if wanted.search:
        rows = rows.filter(_found_by(wanted.search))
    return rows


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _of_actor(actor: str) -> Q:
    try:
        return Q(actor_id=UUID(actor))
    except ValueError:
        return Q(actor_label__icontains=actor) | Q(impersonator__icontains=actor)


def _of_resource(resource: str) -> Q:
    """ "store.product", "store.product:12" or an id alone."""
    kind, colon, key = resource.partition(":")
    if colon:
        return Q(resource_type=kind, resource_id=key)
    return Q(resource_type=resource) | Q(resource_id=resource)


def _found_by(text: str) -> Q:
    """Entries whose code or people hold the text, whose ids are it, or whose action is called so to the reader."""
    found = Q(action__in=[code for code, words in ACTIONS.items() if text.casefold() in str(words.title).casefold()])
    for field in _SEARCHED:
        found |= Q(**{f"{field}__icontains": text})
    for field in _SEARCHED_WHOLE:
        found |= Q(**{field: text})
    return found


def entry_of(entry_id: int) -> AuditLog:
    """One entry; raises NotFound."""
    entry = AuditLog.objects.filter(pk=entry_id).first()
    if entry is None:
        raise NotFound
    return entry


class CappedPaginator(Paginator):
    """Pages over the first MOST_COUNTED rows: counting more would take longer than anybody wants to turn pages."""

    @cached_property
    def count(self) -> int:  # type: ignore[override]  # cached upstream too, under another decorator
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # declared wider upstream
        return rows.order_by()[:MOST_COUNTED].count()

    @property
    def is_capped(self) -> bool:
        """Whether there may be more."""
        return self.count == MOST_COUNTED


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many entries there were: in all, by category, by level, by local day (each of them), by person (ten at most)."""

    total: int
    categories: list[tuple[str, int]]
    levels: dict[str, int]
    days: list[tuple[date, int]]
    actors: list[tuple[str, int]]


def with_period(wanted: Wanted) -> Wanted:
    """The same with both dates: the last days unless one is given, and a year at most."""
    until = wanted.until or timezone.localdate()
    since = wanted.since or until - timedelta(days=STATISTICS_DAYS - 1)
    return replace(wanted, since=max(since, until - timedelta(days=366)), until=until)


def statistics(wanted: Wanted) -> Statistics:
    """Counts over what is wanted, which has a period. Four queries."""
    rows = entries(wanted).order_by()
    categories = _counts(rows, "category")
    counted = dict(rows.annotate(day=TruncDate("created_at")).values_list("day").annotate(number=Count("pk")))
    return Statistics(
        total=sum(number for _category, number in categories),
        categories=categories,
        levels=dict(_counts(rows, "level")),
        days=_every_day(counted, wanted),
        actors=_counts(rows, "actor_label")[:10],
    )


def _counts(rows: QuerySet[Any], field: str) -> list[tuple[str, int]]:
    return list(rows.values_list(field).annotate(number=Count("pk")).order_by("-number", field)[:100])


def _every_day(counted: dict[date, int], wanted: Wanted) -> list[tuple[date, int]]:
    """Each day of the period, those without an entry too."""
    assert wanted.since
    assert wanted.until
    days = [wanted.since + timedelta(number) for number in range((wanted.until - wanted.since).days + 1)]
    return [(day, counted.get(day, 0)) for day in days]


def exported(wanted: Wanted) -> Iterator[AuditLog]:
    """The newest MOST_EXPORTED entries wanted, a thousand a query; the caller keeps to the schema it began in."""
    last, sent = None, 0
    while sent < MOST_EXPORTED:
        rows = entries(wanted).order_by("-pk")
        found = list((rows.filter(pk__lt=last) if last else rows)[:_EXPORT_CHUNK])
        if not found:
            return
        yield from found
        last, sent = found[-1].pk, sent + len(found)
