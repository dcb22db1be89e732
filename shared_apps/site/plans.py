"""Reads of the back office about plans, and what changes between two versions of one, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Order, Plan, PlanVersion, Subscription
from billing.models.catalogue import MONTHS, Cycle
from billing.money import Money
from billing.services.catalogue import Offer, describe_offer, describe_version
from shared_apps.core.errors import NotFound
from shared_apps.site import plan_texts

# Who pays, or is asked to: they keep the version they have.
SUBSCRIBED = (
    Subscription.Status.TRIALING, Subscription.Status.ACTIVE, Subscription.Status.PAST_DUE, Subscription.Status.SUSPENDED,
)  # fmt: skip
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs, in words."""

    what: str
    before: str
    after: str


def all_plans() -> QuerySet[Plan]:
    """Every plan with its current version, prices and how many organisations have it. Three queries."""
    current = PlanVersion.objects.filter(is_current=True).prefetch_related("prices")
    return (
        Plan.objects.annotate(
            subscribers=Count("versions__subscriptions", filter=_subscribed("versions__subscriptions"))
        )
        .prefetch_related(Prefetch("versions", current, to_attr="current_versions"))
        .order_by("product", "position", "pk")
    )


def get_plan(plan_id: int) -> Plan:
    """A plan; raises NotFound."""
    plan = Plan.objects.filter(pk=plan_id).first()
    if plan is None:
        raise NotFound
    return plan


def versions_of(plan: Plan) -> list[PlanVersion]:
    """Every version with its prices and how many organisations have it, the newest first. Two queries."""
    return list(
        plan.versions.prefetch_related("prices")
        .annotate(subscribers=Count("subscriptions", filter=_subscribed("subscriptions")))
        .order_by("-number")
    )


def who_keeps(plan: Plan) -> dict[str, int]:
    """How many organisations and open orders keep what they have when a plan changes. Two queries."""
    subscribed = Subscription.objects.filter(plan_version__plan=plan, status__in=SUBSCRIBED)
    waiting = Order.objects.filter(plan_version__plan=plan, status=Order.Status.AWAITING_PAYMENT)
    return {"organisations": subscribed.count(), "orders": waiting.count()}


def changes_to(current: PlanVersion | None, offer: Offer, locale: str) -> list[Change]:
    """What a new version changes; everything it has, where it is the first."""
    return _changes(describe_version(current) if current else {}, describe_offer(offer), locale)


def changes_between(older: PlanVersion, newer: PlanVersion, locale: str) -> list[Change]:
    """What a version changed of the one before it."""
    return _changes(describe_version(older), describe_version(newer), locale)


def doubts_about(offer: Offer) -> list[str]:
    """What in an offer may be a slip: a longer cycle that costs more than paying by the month."""
    found = []
    for (cycle, currency), minor in sorted(offer.prices.items(), key=lambda one: _rank(*one[0])):
        monthly = offer.prices.get((Cycle.MONTHLY, currency))
        if monthly is not None and minor > monthly * MONTHS[Cycle(cycle)]:
            found.append(
                _("%(price)s: this costs more than paying by the month.")
                % {"price": plan_texts.price_label(cycle, currency)}
            )
    return found


def price_rows(version: PlanVersion) -> list[dict[str, Any]]:
    """A version's prices as a table: a row a currency that has one, a column a cycle."""
    prices = {(price.currency, price.cycle): price.amount for price in version.prices.all()}
    return [
        {"currency": plan_texts.CURRENCIES[currency], "amounts": [prices.get((currency, cycle)) for cycle in Cycle]}
        for currency in plan_texts.CURRENCIES
        if any((currency, cycle) in prices for cycle in Cycle)
    ]


def monthly_prices(version: PlanVersion, locale: str) -> list[str]:
    """What a month costs, in each currency; the two francs are told once where they are the same."""
    prices = {price.currency: price.amount for price in version.prices.all() if price.cycle == Cycle.MONTHLY}
    return list(
        dict.fromkeys(prices[currency].display(locale) for currency in plan_texts.CURRENCIES if currency in prices)
    )


def _subscribed(path: str) -> Q:
    return Q(**{f"{path}__status__in": SUBSCRIBED})


def _changes(before: dict[str, Any], after: dict[str, Any], locale: str) -> list[Change]:
    def differing(part: str) -> list[tuple[Any, Any, Any]]:
        old, new = before.get(part) or {}, after[part]
        return [
            (key, old.get(key, ...), new.get(key, ...))
            for key in {**old, **new}
            if old.get(key, ...) != new.get(key, ...)
        ]

    found = [
        Change(plan_texts.price_label(*key), _price(old, key[1], locale), _price(new, key[1], locale))
        for key, old, new in sorted(differing("prices"), key=lambda one: _rank(*one[0]))
    ]
    found += [
        Change(plan_texts.quota_label(key), _quota(key, old), _quota(key, new)) for key, old, new in differing("quotas")
    ]
    found += [
        Change(plan_texts.retention_label(key), _days(old), _days(new)) for key, old, new in differing("retention")
    ]
    found += _features(before.get("features") or [], after["features"])
    for name, label in (("grace_days", _("Grace")), ("trial_days", _("Trial"))):
        if before.get(name, ...) != after[name]:
            found.append(Change(label, _days(before.get(name, ...)), _days(after[name])))
    return found


def _rank(cycle: str, currency: str) -> tuple[int, int]:
    """Where a price stands: by currency, then by the length of the cycle."""
    return list(plan_texts.CURRENCIES).index(currency), MONTHS[Cycle(cycle)]


def _price(minor: Any, currency: str, locale: str) -> str:
    return _("not sold") if minor is ... else Money(minor, currency).display(locale)


def _quota(name: str, value: Any) -> str:
    return NOTHING if value is ... else plan_texts.quota_text(name, value)


def _days(value: Any) -> str:
    return NOTHING if value is ... else ngettext("%(days)d day", "%(days)d days", value) % {"days": value}


def _features(before: list[str], after: list[str]) -> list[Change]:
    gone = [name for name in before if name not in after]
    new = [name for name in after if name not in before]
    return [
        *(Change(plan_texts.feature_text(name), _("included"), _("not included")) for name in gone),
        *(Change(plan_texts.feature_text(name), _("not included"), _("included")) for name in new),
    ]


def display_changes(plan: Plan | None, offer: Offer) -> list[Change]:
    """What is shown differently, without a new version."""
    if plan is None:
        return []
    pairs: Mapping[str, tuple[Any, Any]] = {
        _("Name"): (plan.display_name, offer.display_name),
        _("Position"): (plan.position, offer.position),
        _("Recommended"): (_yes(plan.is_recommended), _yes(offer.is_recommended)),
    }
    return [Change(what, str(old), str(new)) for what, (old, new) in pairs.items() if old != new]


def _yes(value: bool) -> str:
    return _("Yes") if value else _("No")
