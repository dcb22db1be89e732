"""The first page and the pricing page: three products, their plans, and the questions people ask."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.services.taxes import price_tax
from shared_apps.site import plan_texts
from shared_apps.site.catalogue import (
    PlanOffer,
    ProductOffer,
    best_savings,
    currencies_on_sale,
    load_catalogue,
    sold_currency,
)
from shared_apps.site.choices import Choice, read_choice
from shared_apps.site.faq import FAQ
from shared_apps.site.pages import render_page
from shared_apps.site.tax_texts import PRICES


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the platform is for, and what it costs."""
    return render_page(request, "pricing.html", {**_pricing(request), "is_home": True})


@login_not_required
@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """What it costs."""
    return render_page(request, "pricing.html", {**_pricing(request), "is_home": False})


def _pricing(request: HttpRequest) -> dict[str, Any]:
    choice, catalogue = read_choice(request.GET), load_catalogue()
    choice = replace(choice, currency=sold_currency(catalogue, choice.currency))
    return {
        "choice": choice,
        "products": [_product(product, choice) for product in catalogue],
        "cycles": _cycle_links(choice, best_savings(catalogue, choice.currency)),
        "currencies": [
            {
                "name": plan_texts.CURRENCY_PARTS[code][0],
                "where": plan_texts.CURRENCY_PARTS[code][1],
                "query": choice.as_query(currency=code),
                "current": code == choice.currency,
            }
            for code in currencies_on_sale(catalogue)
        ],
        "price_note": PRICES[price_tax()],
        "faq": FAQ,
    }


def _cycle_links(choice: Choice, savings: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "query": choice.as_query(cycle=cycle),
            "current": cycle == choice.cycle,
            "saving": _("-%(percent)d %%") % {"percent": savings[cycle]} if savings[cycle] else "",
        }
        for cycle, label in plan_texts.CYCLES.items()
    ]


def _product(product: ProductOffer, choice: Choice) -> dict[str, Any]:
    return {"key": product.key, "text": product.text, "plans": [_plan(plan, choice) for plan in product.plans]}


def _plan(plan: PlanOffer, choice: Choice) -> dict[str, Any]:
    saving = plan.saving(choice.cycle, choice.currency)
    return {
        "offer": plan,
        "price": plan.price(choice.cycle, choice.currency),
        "period": plan_texts.PERIODS[choice.cycle],
        "per_month": plan.per_month(choice.cycle, choice.currency),
        "is_exact": plan.divides_evenly(choice.cycle, choice.currency),
        "saving": _("You save %(percent)d %%") % {"percent": saving} if saving else "",
        "query": choice.as_query(product=plan.product, plan=plan.name),
    }
