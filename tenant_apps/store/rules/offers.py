"""What a person pays for a piece, and why. Pure: the one rule that list, product page, cart, order and till share.

`tenant_apps.store.selectors.pricing_sql` says the same in SQL; a property test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

# Discounts are in hundredths of a per cent.
WHOLE_BP = 10_000

FIXED = "fixed"
FREE_DELIVERY = "free_delivery"


@dataclass(frozen=True, slots=True)
class Campaign:
    """A promotion as prices need it. `category_ids` are its shelves and all below them, `segments` the keys of those it is for.

    `is_for_all_products`: it names neither products nor shelves. Without segments it is for everybody.
    """

    id: int
    name: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    percent_bp: int = 0
    amount_minor: int = 0
    is_for_all_products: bool = True
    product_ids: frozenset[int] = frozenset()
    category_ids: frozenset[int] = frozenset()
    segments: frozenset[str] = frozenset()

    def touches(self, *, product_id: int, category_id: int | None) -> bool:
        """Whether a product, which stands on that shelf, is part of it."""
        return self.is_for_all_products or product_id in self.product_ids or category_id in self.category_ids

    def is_for(self, person: Person, at: datetime) -> bool:
        """Whether it runs at that moment, and for that person."""
        return self.starts_at <= at < self.ends_at and (not self.segments or person.segment_key in self.segments)


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant as it is priced, in minor units: its list price, its promotional price with its window (None: open), and the
    promotions that touch its product."""

    list_minor: int
    promo_minor: int | None = None
    promo_starts_at: datetime | None = None
    promo_ends_at: datetime | None = None
    campaigns: tuple[Campaign, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Who buys: their partner's discount and their segment's. A visitor has neither."""

    partner_name: str = ""
    partner_bp: int = 0
    segment_key: str = ""
    segment_name: str = ""
    segment_bp: int = 0


VISITOR = Person()


@dataclass(frozen=True, slots=True)
class Rebate:
    """One step down: `kind` is "promo", "partner", "segment" or "promotion"; `name` is whose (empty for "promo")."""

    kind: str
    name: str
    minor: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a piece costs somebody. `list_minor` less the rebates is `final_minor`; rebates of nothing are left out."""

    list_minor: int
    final_minor: int
    rebates: tuple[Rebate, ...] = ()

    @property
    def is_reduced(self) -> bool:
        return self.final_minor < self.list_minor

    @property
    def why(self) -> Rebate | None:
        """The step that takes most off: the reason to show. Of equal ones the first."""
        return max(self.rebates, key=lambda rebate: rebate.minor, default=None)


def price_of(offer: Offer, person: Person, at: datetime) -> Price:
    """What a person pays for a piece at a moment.

    In this order: the promotional price while its window is open; the partner's discount; the segment's; the one promotion
    that gives the lowest price (of equal ones the lowest id). Windows hold from their first moment to just before their last.

    A discount of `bp` hundredths of a per cent takes off `(price * bp + 5000) // 10000` minor units: half a unit is rounded up,
    so for the buyer. All numbers are integers of at most 10**12, so PostgreSQL's bigint gives the same. Never below zero.
    """
    rebates: list[Rebate] = []
    price = offer.list_minor

    def step(kind: str, name: str, minor: int) -> None:
        nonlocal price
        if minor > 0:
            rebates.append(Rebate(kind, name, minor))
            price -= minor

    if offer.promo_minor is not None and _is_open(offer, at):
        step("promo", "", price - offer.promo_minor)
    step("partner", person.partner_name, discount(price, person.partner_bp))
    step("segment", person.segment_name, discount(price, person.segment_bp))
    best = _best_campaign(offer.campaigns, price, person, at)
    if best is not None:
        step("promotion", best.name, _taken_off(best, price))
    return Price(list_minor=offer.list_minor, final_minor=price, rebates=tuple(rebates))


def delivers_free(
    campaigns: Iterable[Campaign], *, products: Iterable[tuple[int, int | None]], person: Person, at: datetime
) -> Campaign | None:
    """The promotion that makes the delivery of these products free for a person at a moment; None when none does.

    `products` are (product id, category id). One of them that the promotion touches is enough, whatever else is sent with it.
    Of several the lowest id.
    """
    sent = list(products)
    able = [
        campaign
        for campaign in campaigns
        if campaign.kind == FREE_DELIVERY
        and campaign.is_for(person, at)
        and any(campaign.touches(product_id=product, category_id=category) for product, category in sent)
    ]
    return min(able, key=lambda campaign: campaign.id, default=None)


def discount(minor: int, bp: int) -> int:
    """What `bp` hundredths of a per cent of an amount are, half a unit rounded up."""
    return (minor * bp + WHOLE_BP // 2) // WHOLE_BP


def _is_open(offer: Offer, at: datetime) -> bool:
    begun = offer.promo_starts_at is None or offer.promo_starts_at <= at
    return begun and (offer.promo_ends_at is None or at < offer.promo_ends_at)


def _best_campaign(campaigns: Iterable[Campaign], price: int, person: Person, at: datetime) -> Campaign | None:
    able = [campaign for campaign in campaigns if campaign.kind != FREE_DELIVERY and campaign.is_for(person, at)]
    return min(able, key=lambda campaign: (-_taken_off(campaign, price), campaign.id), default=None)


def _taken_off(campaign: Campaign, price: int) -> int:
    if campaign.kind == FIXED:
        return min(campaign.amount_minor, price)
    return discount(price, campaign.percent_bp)
