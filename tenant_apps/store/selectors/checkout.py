"""What the checkout offers and what an order would come to."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing.money import Money
from billing.providers.base import Flow
from shared_apps.accounts.models import User
from tenant_apps.payments.selectors import Offered, methods_for, takes_cash
from tenant_apps.payments.texts import away_text
from tenant_apps.store.models import Customer, DeliveryZone, Shop
from tenant_apps.store.rules.totals import Totals, delivery_fee, totals_of
from tenant_apps.store.selectors.carts import Basket

CASH = "cash"  # handed over when the goods are


def quote(basket: Basket, *, zone: DeliveryZone | None, shop: Shop | None = None) -> Totals:
    """What a basket comes to with its delivery; without a zone, without one. One query where the shop is not given."""
    shop = shop or Shop.objects.get()
    fee = 0
    if zone is not None:
        fee = delivery_fee(
            fee=zone.fee_minor, free_from=zone.free_from_minor, items=basket.items_minor, is_free=basket.delivers_free
        )
    return totals_of(basket.priced, delivery=fee, tax_rate_bp=shop.tax_rate_bp)


@dataclass(frozen=True, slots=True)
class WayToPay:
    """A way to pay as the checkout offers it."""

    name: str
    label: str
    description: str
    icon: str
    needs_phone: bool = False
    why_not: str = ""  # words for the customer, where it cannot be chosen for now


def known_of(user: User | None) -> dict[str, str]:
    """What the checkout need not ask an account: name, phone and e-mail. One query at most."""
    if user is None:
        return {"name": "", "phone": "", "email": ""}
    customer = Customer.objects.filter(user=user).first()
    return {
        "name": user.get_full_name(),
        "phone": customer.phone if customer else "",
        "email": user.email,
    }


def ways_to_pay(basket: Basket, currency: str) -> list[WayToPay]:
    """How an order of a basket may be paid: the ways that take its amount, then cash on delivery. Two queries."""
    due = Money(basket.items_minor, currency)
    ways = [_way(one) for one in methods_for(due)]
    if takes_cash():
        ways.append(
            WayToPay(
                CASH,
                _("Cash on receipt"),
                _("You pay when you receive your goods, brought to you or collected."),
                "wallet",
            )
        )
    return ways


def _way(offered: Offered) -> WayToPay:
    flow = offered.capabilities.flow
    description, icon = {
        Flow.PUSH: (_("You approve the payment on your phone."), "smartphone"),
        Flow.REDIRECT: (_("You go on to their page and come back."), "external-link"),
        Flow.MANUAL: (_("You make a transfer and send its receipt."), "landmark"),
    }[flow]
    needs_phone = offered.capabilities.needs_phone
    why_not = away_text(offered.method) if offered.is_away else ""
    return WayToPay(offered.method.name, str(offered.method), why_not or description, icon, needs_phone, why_not)
