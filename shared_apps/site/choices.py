"""What a visitor chose on the pricing page, carried through addresses and hidden fields until the order is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from shared_apps.site.plan_texts import CYCLES, PRODUCTS

DEFAULT_CYCLE = "monthly"
_NAME = re.compile(r"[a-z0-9_-]{1,30}")


def default_currency() -> str:
    """The currency of who has not chosen one."""
    return str(settings.SOLD_CURRENCIES[0])


def currency_choices(*others: str) -> list[tuple[str, str]]:
    """The currencies the platform sells in, and those that something already has, by their codes, for a form."""
    return [(code, code) for code in dict.fromkeys([*settings.SOLD_CURRENCIES, *others]) if code]


@dataclass(frozen=True, slots=True)
class Choice:
    """Product and plan may be empty; cycle and currency always have a value."""

    product: str = ""
    plan: str = ""
    cycle: str = DEFAULT_CYCLE
    currency: str = field(default_factory=default_currency)

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    def as_query(self, **changes: str) -> str:
        """The choice, with some of it changed, as a query string without what is empty."""
        return urlencode({name: value for name, value in asdict(replace(self, **changes)).items() if value})


def read_choice(source: Mapping[str, Any]) -> Choice:
    """The choice in a query, a form or a draft; whatever makes no sense becomes the default."""
    product = str(source.get("product") or "")
    plan = str(source.get("plan") or "")
    cycle = str(source.get("cycle") or "")
    currency = str(source.get("currency") or "").upper()
    known = product in PRODUCTS
    return Choice(
        product=product if known else "",
        plan=plan if known and _NAME.fullmatch(plan) else "",
        cycle=cycle if cycle in CYCLES else DEFAULT_CYCLE,
        currency=currency if currency in settings.SOLD_CURRENCIES else default_currency(),
    )
