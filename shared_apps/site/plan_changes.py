"""What changing from one version of a plan to another means, in words. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing.models import PlanVersion
from shared_apps.site.plan_texts import QUOTAS_OF, feature_text, quota_label, quota_text
from shared_apps.usage.names import QuotaUse


@dataclass(frozen=True, slots=True)
class QuotaChange:
    """One limit before and after; `is_more` is better for the customer, `same` neither."""

    label: str
    before: str
    after: str
    is_more: bool
    same: bool


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """What is gained, what is lost, and what does not fit any more."""

    quotas: list[QuotaChange]
    gained: list[str]
    lost: list[str]
    over: list[str]


def compare(before: PlanVersion, after: PlanVersion, uses: Iterable[QuotaUse]) -> PlanDifference:
    """The difference of two versions of one product's plans, for somebody who uses so much of the first."""
    return PlanDifference(
        quotas=[
            _quota(name, before.quotas.get(name), after.quotas.get(name))
            for name in QUOTAS_OF[after.plan.product]
            if name in before.quotas or name in after.quotas
        ],
        gained=[feature_text(name) for name in after.features if name not in before.features],
        lost=[feature_text(name) for name in before.features if name not in after.features],
        over=[text for use in uses if (text := _over(use, after.quotas.get(use.name)))],
    )


def _quota(name: str, before: int | None, after: int | None) -> QuotaChange:
    larger = _size(after) > _size(before)
    return QuotaChange(
        label=quota_label(name),
        before=quota_text(name, before),
        after=quota_text(name, after),
        is_more=not larger if name == "commission_bp" else larger,
        same=before == after,
    )


def _size(value: int | None) -> float:
    """None is no limit."""
    return float("inf") if value is None else value


def _over(use: QuotaUse, limit: int | None) -> str:
    """Said of what is used beyond the new limit; empty where it fits."""
    if QuotaUse(use.name, limit, use.counted).percent <= 100:
        return ""
    return _("%(what)s: you use %(used)s, this plan has %(limit)s.") % {
        "what": use.label,
        "used": use.used_text,
        "limit": limit,
    }
