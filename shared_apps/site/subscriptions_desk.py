"""Reads of subscriptions for the back office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from billing.models import Subscription
from shared_apps.audit.texts import words_of
from shared_apps.core.errors import NotFound
from shared_apps.core.templatetags.ui import day
from shared_apps.organisations.models import Domain
from shared_apps.site.forms.subscription import REASONS

Status = Subscription.Status
Hold = Subscription.Hold

SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class View:
    """One view of the list."""

    label: str | Promise
    status: tuple[str, ...]
    held: bool = False
    soon: bool = False

    def condition(self) -> Q:
        """What it shows, as of now."""
        found = Q(status__in=self.status)
        if self.held:
            found &= ~Q(hold=Hold.UNPAID)
        if self.soon:
            found &= Q(paid_until__lte=timezone.now() + SOON)
        return found


VIEWS: dict[str, View] = {
    "running": View(gettext_lazy("Running"), (Status.TRIALING, Status.ACTIVE)),
    "soon": View(gettext_lazy("Ending soon"), (Status.TRIALING, Status.ACTIVE), soon=True),
    "grace": View(gettext_lazy("In grace"), (Status.PAST_DUE,)),
    "read_only": View(gettext_lazy("Read-only"), (Status.SUSPENDED,)),
    "held": View(gettext_lazy("Held"), (Status.SUSPENDED,), held=True),
    "cancelled": View(pgettext_lazy("subscriptions", "Cancelled"), (Status.CANCELLED,)),
    "deleted": View(gettext_lazy("Deleted"), (Status.DELETED,)),
}


def subscriptions(*, view: str, search: str) -> QuerySet[Subscription]:
    """Subscriptions of organisations, the soonest ending first. `search` is part of a name, a host or the owner's address."""
    found = (
        Subscription.objects.filter(VIEWS[view].condition(), organisation__isnull=False)
        .select_related("organisation__owner", "plan_version__plan")
        .prefetch_related(Prefetch("organisation__domains", Domain.objects.filter(is_primary=True)))
    )
    for word in search.split():
        hosts = Domain.objects.filter(domain__icontains=word).values("tenant_id")
        found = found.filter(
            Q(organisation__name__icontains=word)
            | Q(organisation__owner__email__icontains=word)
            | Q(organisation_id__in=hosts)
        )
    ends = "delete_after" if view == "cancelled" else "paid_until"
    return found.order_by("-paid_until" if view == "deleted" else ends, "pk")


def counts() -> dict[str, int]:
    """How many each view holds. One query."""
    rows = Subscription.objects.filter(organisation__isnull=False)
    return rows.aggregate(**{name: Count("pk", filter=one.condition()) for name, one in VIEWS.items()})


def get_subscription(subscription_id: UUID) -> Subscription:
    """A subscription of an organisation; raises NotFound."""
    found = (
        Subscription.objects.select_related("organisation__owner", "plan_version__plan", "next_plan")
        .filter(pk=subscription_id, organisation__isnull=False)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def history_of(subscription: Subscription) -> list[dict[str, Any]]:
    """What happened to a subscription as the timeline shows it, newest first. One query."""
    events = subscription.events.select_related("actor", "order")[:100]
    shown = []
    for event in events:
        words = words_of(event.action)
        shown.append({
            "title": words.title, "icon": words.icon, "tone": words.tone, "at": event.at, "text": _text(event),
            "who": event.actor.email if event.actor else _("the system"),
        })  # fmt: skip
    return shown


def _text(event: Any) -> str:
    """What the event's details say in words: why, how many days, for which order."""
    details = event.details
    reason = details.get("reason", "")
    parts = [
        _("%(days)d days") % {"days": details["days"]} if "days" in details else "",
        str(REASONS.get(reason, reason)),
        details.get("comment", ""),
        _("Order %(number)s") % {"number": event.order.number} if event.order else "",
        _("Paid until %(date)s") % {"date": _date(details["paid_until"])} if details.get("paid_until") else "",
    ]
    return " · ".join(part for part in parts if part)


def _date(text: str) -> str:
    return day(datetime.fromisoformat(text))
