"""How each way to pay does: what its provider last said, and what became of the payments by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, DurationField, F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing import gateways
from billing.models import Payment, PaymentMethod, ProviderHealth, ReconciliationRun
from billing.providers import reasons

Text = str | Promise
Status = Payment.Status
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
WINDOWS: tuple[tuple[str, timedelta, Text], ...] = (("day", DAY, _("24 hours")), ("week", WEEK, _("7 days")))
# An attempt that was set aside says nothing of the provider.
ENDED = (Status.SUCCEEDED, Status.FAILED, Status.EXPIRED)
CALLBACK_HINTS: dict[str, Text] = {
    gateways.MTN_MOMO: _(
        "MTN calls only servers whose certificate comes from an authority on its own list, which may not name yours."
        " Nothing depends on it: we ask MTN about each payment every few seconds."
    ),
}


class Median(Aggregate):
    """The middle value, by PostgreSQL."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class State:
    """A state in words, with the icon and the tone that go with them, and what it means for payers."""

    words: Text
    icon: str
    tone: str
    meaning: Text = ""


@dataclass(frozen=True, slots=True)
class Window:
    """What became of the attempts that were begun in a stretch of time. `success` is per cent of those that ended."""

    label: Text
    success: int | None
    median: timedelta | None

    @property
    def share(self) -> str:
        """The share of successes in words."""
        return "–" if self.success is None else gettext("%(number)d%%") % {"number": self.success}


@dataclass(frozen=True, slots=True)
class Card:
    """One way to pay."""

    method: PaymentMethod
    health: ProviderHealth
    state: State
    open: int
    failed_in_hour: int
    failed_in_day: int
    windows: list[Window] = field(default_factory=list)
    callback_hint: Text = ""

    @property
    def reason(self) -> Text:
        """Why the last call failed."""
        return FAILURES.get(self.health.last_failure_reason, "")


FAILURES: dict[str, Text] = {
    reasons.PROVIDER_UNAVAILABLE: _("no answer"),
    reasons.MISCONFIGURED: _("refused: keys, rights or addresses"),
}


def cards(*, now: datetime | None = None) -> list[Card]:
    """Every way to pay. Three queries, however many payments there are."""
    now = now or timezone.now()
    methods = list(PaymentMethod.objects.select_related("health").filter(name__in=gateways.NAMES))
    lately = {row["method_id"]: row for row in _lately(now)}
    waiting = dict(
        Payment.objects.filter(status__in=Payment.OPEN).order_by().values_list("method_id").annotate(number=Count("pk"))
    )
    return [_card(method, lately.get(method.pk, {}), waiting.get(method.pk, 0)) for method in methods]


def _lately(now: datetime) -> Iterable[Any]:
    """Counts of the payments of the last week, by method."""
    wanted: dict[str, Any] = {
        "failed_in_hour": Count("pk", filter=Q(status=Status.FAILED, created_at__gte=now - HOUR)),
        "failed_in_day": Count("pk", filter=Q(status=Status.FAILED, created_at__gte=now - DAY)),
    }
    for name, length, _label in WINDOWS:
        since = Q(created_at__gte=now - length)
        won = since & Q(status=Status.SUCCEEDED)
        wanted |= {
            f"{name}_ended": Count("pk", filter=since & Q(status__in=ENDED)),
            f"{name}_won": Count("pk", filter=won),
            f"{name}_median": Median(F("succeeded_at") - F("created_at"), filter=won),
        }
    return Payment.objects.filter(created_at__gte=now - WEEK).order_by().values("method_id").annotate(**wanted)


def _card(method: PaymentMethod, row: dict[str, Any], waiting: int) -> Card:
    return Card(
        method=method,
        health=method.health,
        state=state_of(method),
        open=waiting,
        failed_in_hour=row.get("failed_in_hour", 0),
        failed_in_day=row.get("failed_in_day", 0),
        windows=[_window(row, name, label) for name, _length, label in WINDOWS],
        callback_hint=CALLBACK_HINTS.get(method.name, ""),
    )


def _window(row: dict[str, Any], name: str, label: Text) -> Window:
    ended = row.get(f"{name}_ended", 0)
    success = round(100 * row[f"{name}_won"] / ended) if ended else None
    return Window(label, success, row.get(f"{name}_median"))


def state_of(method: PaymentMethod) -> State:
    """How a way to pay does, in words."""
    health = method.health
    if not method.is_active:
        return State(_("Switched off"), "ban", "neutral", _("Nobody is offered it. Open payments are still followed."))
    if not method.is_automatic:
        return State(_("Checked by us"), "users", "success", _("No provider is asked, so it is never hidden."))
    if health.hidden_since:
        return _hidden(health)
    if health.consecutive_failures:
        meaning = _("The last call failed. It is still offered; we check it every minute.")
        return State(_("Under watch"), "triangle-alert", "warning", meaning)
    if health.last_success_at is None:
        return State(_("Not asked yet"), "clock", "neutral", _("It is offered. Nobody has paid by it so far."))
    return State(_("Answers"), "circle-check", "success", _("It is offered to everybody."))


def _hidden(health: ProviderHealth) -> State:
    if health.last_failure_reason == reasons.MISCONFIGURED:
        meaning = _("The provider refuses our account: check its keys, rights and addresses. Nobody is offered it.")
        return State(_("Hidden: refuses our account"), "eye-off", "danger", meaning)
    meaning = _("Nobody is offered it until it answers again. Open payments are still followed.")
    return State(_("Hidden: does not answer"), "eye-off", "danger", meaning)


def runs() -> list[ReconciliationRun]:
    """The nights lately, the last one first, each with what it found by method. Three queries."""
    return list(ReconciliationRun.objects.prefetch_related("tallies__method")[:60])
