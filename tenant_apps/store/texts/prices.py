"""What staff read about promotions and discounts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from shared_apps.core.numbers import number_text, reader_locale
from tenant_apps.store.models import Promotion
from tenant_apps.store.rules.typed_prices import price_text


@dataclass(frozen=True, slots=True)
class State:
    """How a promotion stands, for a badge: "coming", "running", "over" or "paused"."""

    key: str
    word: str
    tone: str
    icon: str


def state_of(promotion: Promotion, at: datetime) -> State:
    """How a promotion stands at a moment. One that is over is over, paused or not."""
    if promotion.ends_at <= at:
        return State("over", _("Over"), "neutral", "check")
    if not promotion.is_active:
        return State("paused", _("Paused"), "warning", "pause")
    if promotion.starts_at > at:
        return State("coming", _("Coming"), "info", "clock")
    return State("running", _("Running"), "success", "play")


def percent_typed(bp: int) -> str:
    """Hundredths of a per cent as somebody types them: "10", "7,5"."""
    return number_text(Decimal(bp) / 100, "0.##")


def percent_text(bp: int) -> str:
    """Hundredths of a per cent as people read them: "7,5 %"."""
    number = percent_typed(bp)
    return f"{number}\u202f%" if reader_locale().startswith("fr") else f"{number}%"


def value_text(promotion: Promotion, *, currency: str) -> str:
    """What a promotion gives: "−10 %", "−500 FCFA", "Free delivery"."""
    if promotion.kind == Promotion.Kind.PERCENT:
        return f"\u2212{percent_text(promotion.percent_bp or 0)}"
    if promotion.kind == Promotion.Kind.FIXED:
        return f"\u2212{price_text(promotion.amount_minor or 0, currency=currency)}"
    return _("Free delivery")
