"""The plans on sale as pages show them: plain values, built from one set of queries however many plans there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from billing.models import Plan, PlanVersion
from billing.models.catalogue import MONTHS, Cycle
from billing.money import Money
from billing.pricing import saving_percent
from billing.selectors import plans_on_sale
from shared_apps.site import plan_texts
from shared_apps.site.choices import Choice


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plan: a feature it has, or has not."""

    text: str
    included: bool


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """A plan with its prices per (cycle, currency)."""

    product: str
    name: str
    display_name: str
    is_recommended: bool
    quotas: list[str]
    features: list[Line]
    prices: dict[tuple[str, str], Money]
    trial_days: int = 0

    @property
    def in_short(self) -> str:
        """Its first quotas on one line that breaks between them only."""
        return "\u00a0· ".join(line.replace(" ", "\u00a0", 1) for line in self.quotas[:3])

    def price(self, cycle: str, currency: str) -> Money | None:
        return self.prices.get((cycle, currency))

    def saving(self, cycle: str, currency: str) -> int:
        """Per cent saved against paying monthly; 0 when there is nothing to compare."""
        monthly, price = self.price("monthly", currency), self.price(cycle, currency)
        if not monthly or not price or cycle == "monthly":
            return 0
        return max(0, saving_percent(monthly=monthly, price=price, months=MONTHS[Cycle(cycle)]))

    def per_month(self, cycle: str, currency: str) -> Money | None:
        """What a longer cycle comes to a month, rounded down to a whole minor unit; only for showing."""
        price = self.price(cycle, currency)
        if price is None or cycle == "monthly":
            return None
        return Money(price.minor // MONTHS[Cycle(cycle)], currency)

    def divides_evenly(self, cycle: str, currency: str) -> bool:
        """Whether a month of the cycle costs exactly what `per_month` says."""
        price = self.price(cycle, currency)
        return price is not None and price.minor % MONTHS[Cycle(cycle)] == 0


@dataclass(frozen=True, slots=True)
class ProductOffer:
    """A product and its plans, in their order."""

    key: str
    text: plan_texts.ProductText
    plans: list[PlanOffer]

    def plan(self, name: str) -> PlanOffer | None:
        return next((plan for plan in self.plans if plan.name == name), None)

    @property
    def recommended(self) -> PlanOffer | None:
        """The plan to propose when nothing was chosen."""
        return next((plan for plan in self.plans if plan.is_recommended), self.plans[0] if self.plans else None)


def load_catalogue() -> list[ProductOffer]:
    """Every product with its plans on sale. Three queries, whatever there is to sell."""
    by_product: dict[str, list[tuple[Plan, PlanVersion]]] = {key: [] for key in plan_texts.PRODUCTS}
    for plan in plans_on_sale():
        versions: list[PlanVersion] = plan.current_versions  # type: ignore[attr-defined]  # set by the Prefetch
        if versions and plan.product in by_product:
            by_product[plan.product].append((plan, versions[0]))
    return [
        ProductOffer(key=key, text=plan_texts.PRODUCTS[key], plans=_offers(pairs)) for key, pairs in by_product.items()
    ]


def find_product(catalogue: Iterable[ProductOffer], key: str) -> ProductOffer | None:
    """The product of that key."""
    return next((product for product in catalogue if product.key == key), None)


def chosen_plan(choice: Choice) -> dict[str, Any] | None:
    """The plan somebody chose, with its price, to remind them of it; None when none was chosen. Three queries."""
    if not choice.plan:
        return None
    product = find_product(load_catalogue(), choice.product)
    plan = product.plan(choice.plan) if product else None
    price = plan.price(choice.cycle, choice.currency) if plan else None
    if product is None or plan is None or price is None:
        return None
    return {
        "product": product.text.name,
        "plan": plan.display_name,
        "price": price,
        "period": plan_texts.PERIODS[choice.cycle],
    }


def currencies_on_sale(products: Iterable[ProductOffer]) -> list[str]:
    """The currencies in which something is sold, in the order of the settings."""
    sold = {currency for product in products for plan in product.plans for _cycle, currency in plan.prices}
    return [currency for currency in settings.SOLD_CURRENCIES if currency in sold]


def sold_currency(products: Iterable[ProductOffer], wanted: str) -> str:
    """The wanted currency if something is sold in it, else the first in which something is."""
    sold = currencies_on_sale(products)
    return wanted if wanted in sold or not sold else sold[0]


def best_savings(catalogue: Iterable[ProductOffer], currency: str) -> dict[str, int]:
    """The largest saving of each cycle in a currency, in per cent."""
    plans = [plan for product in catalogue for plan in product.plans]
    return {cycle: max((plan.saving(cycle, currency) for plan in plans), default=0) for cycle in plan_texts.CYCLES}


def _offers(pairs: list[tuple[Plan, PlanVersion]]) -> list[PlanOffer]:
    # Every feature of the product in the order in which plans bring it: the lists can be compared line by line.
    all_features = list(dict.fromkeys(name for _, version in pairs for name in version.features))
    return [
        PlanOffer(
            product=plan.product,
            name=plan.name,
            display_name=plan.display_name,
            is_recommended=plan.is_recommended,
            quotas=_quota_lines(version),
            features=[Line(plan_texts.feature_text(name), name in version.features) for name in all_features],
            prices={(price.cycle, price.currency): price.amount for price in version.prices.all()},
            trial_days=version.trial_days,
        )
        for plan, version in pairs
    ]


def _quota_lines(version: PlanVersion) -> list[str]:
    lines = plan_texts.quota_texts(version.quotas)
    kept = plan_texts.retention_text(version.retention)
    return [*lines, kept] if kept else lines
