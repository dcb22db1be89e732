"""Carts as people see them: with today's prices and what can still be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from shared_apps.accounts.models import User
from tenant_apps.payments.models import Payment
from tenant_apps.store.models import Cart, CartLine, Hold, Order, Product, ProductImage, Variant
from tenant_apps.store.rules.offers import Person, Price
from tenant_apps.store.rules.totals import PricedLine
from tenant_apps.store.selectors.prices import price_basket
from tenant_apps.store.selectors.stock import available


class Problem(StrEnum):
    """Why a line cannot be ordered as it stands."""

    GONE = "gone"  # not sold any more
    SOLD_OUT = "sold_out"
    TOO_MANY = "too_many"  # fewer are left


@dataclass(frozen=True, slots=True)
class BasketLine:
    """So many of a variant, at the price of now. `available` None: as many as one likes."""

    variant: Variant
    quantity: int
    price: Price
    available: int | None

    @property
    def total_minor(self) -> int:
        return self.price.final_minor * self.quantity

    @property
    def problem(self) -> Problem | None:
        if not is_on_sale(self.variant):
            return Problem.GONE
        if self.available is None or self.quantity <= self.available:
            return None
        return Problem.TOO_MANY if self.available > 0 else Problem.SOLD_OUT


@dataclass(frozen=True, slots=True)
class Basket:
    """A cart with what it comes to, before its delivery; `delivers_free`: a promotion delivers it for nothing."""

    lines: tuple[BasketLine, ...]
    delivers_free: bool = False

    @property
    def priced(self) -> list[PricedLine]:
        return [PricedLine(line.price.list_minor, line.price.final_minor, line.quantity) for line in self.lines]

    @property
    def items_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)

    @property
    def saved_minor(self) -> int:
        return sum((line.price.list_minor - line.price.final_minor) * line.quantity for line in self.lines)

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.lines) and not any(line.problem for line in self.lines)


def is_on_sale(variant: Variant) -> bool:
    """Whether customers may buy a variant, as long as there is stock. No query with its product."""
    product = variant.product
    return variant.is_active and product.is_published and product.supply != Product.Supply.NONE


def cart_of_user(user: User) -> Cart | None:
    """The cart of an account, with its `pieces`."""
    return _with_pieces().filter(user=user).first()


def visitors_cart(cart_id: UUID) -> Cart | None:
    """The cart of somebody who is not logged in, with its `pieces`; never one that belongs to an account."""
    return _with_pieces().filter(pk=cart_id, user=None).first()


def _with_pieces() -> QuerySet[Any]:
    return Cart.objects.order_by().annotate(pieces=Coalesce(Sum("lines__quantity"), 0))


def lines_of(cart: Cart) -> list[CartLine]:
    """The lines with all that a page says of them, in two queries."""
    images = Prefetch("variant__product__images", ProductImage.objects.select_related("photo"))
    lines = cart.lines.select_related("variant__product", "variant__image__photo").prefetch_related(images)
    return list(lines.only("cart", "variant", "quantity", *_of_product("variant__"), "variant__image__photo"))


def lines_to_order(cart: Cart) -> list[CartLine]:
    """The lines with all that an order says of them, which is everything but photos, in one query."""
    lines = cart.lines.select_related("variant__product")
    return list(lines.only("cart", "variant", "quantity", *_of_product("variant__")))


def _of_product(to_variant: str) -> list[str]:
    """The columns that selling a variant takes: a product has thirty more, and each costs a little on the way."""
    variant = ("public_id", "product", "name", "sku", "price_minor", "promo_minor", "promo_starts_at", "promo_ends_at",
               "cost_minor", "image", "is_active")  # fmt: skip
    product = ("name", "slug", "category", "status", "supply")
    return [to_variant + name for name in (*variant, *(f"product__{name}" for name in product))]


def basket_of(cart: Cart | None, *, person: Person, at: datetime) -> Basket:
    """What is in a cart, priced for a person; an empty one for None."""
    return priced_basket(lines_of(cart), person=person, at=at) if cart else Basket(())


def basket_to_order(cart: Cart | None, *, person: Person, at: datetime) -> Basket:
    """The same without photos."""
    return priced_basket(lines_to_order(cart), person=person, at=at) if cart else Basket(())


def priced_basket(lines: Sequence[CartLine], *, person: Person, at: datetime) -> Basket:
    """The lines of a cart with prices and stock of now. Constant queries."""
    variants = [line.variant for line in lines]
    pricing = price_basket(variants, person, at)
    stock = available_to(lines[0].cart_id, {line.variant_id: line.quantity for line in lines}) if lines else {}
    basket_lines = tuple(_line(line, pricing.prices, stock) for line in lines)
    return Basket(basket_lines, delivers_free=pricing.free_delivery is not None)


def available_to(cart_id: UUID, wanted: Mapping[int, int]) -> dict[int, int | None]:
    """How many pieces a cart can have of each variant (by its id) that so many are wanted of; None: as many as one likes.

    What its own unpaid orders keep is among them, for ordering anew replaces those. One query; one more where too little
    is left for everybody.
    """
    stock = available(wanted)
    if all(pieces is None or wanted[pk] <= pieces for pk, pieces in stock.items()):
        return stock
    kept = _kept_for(cart_id)
    return {pk: None if pieces is None else pieces + kept.get(pk, 0) for pk, pieces in stock.items()}


def _kept_for(cart_id: UUID) -> dict[int, int]:
    """Pieces of each variant that are held for orders which ordering this cart anew would replace (`services.unpaid`)."""
    checked = payments_with_staff().filter(subject=OuterRef("line__order"))
    held = Hold.objects.filter(
        ~Exists(checked),
        line__order__cart_id=cart_id,
        line__order__status=Order.Status.PENDING,
        line__order__paid_minor=0,
        line__order__holds_until__gt=timezone.now(),
        level__location__is_active=True,
        level__location__sells_online=True,
    )
    return dict(held.order_by().values_list("level__variant").annotate(pieces=Sum("quantity")))


def payments_with_staff() -> QuerySet[Payment]:
    """Payments of orders that staff have to decide about: a proof was sent, or money came that does not match."""
    return Payment.objects.filter(purpose="store.order", status__in=Payment.WITH_STAFF)


def order_being_checked(cart: Cart) -> Order | None:
    """The last order of this cart whose payment staff look at: its goods are in the cart until they have. One query."""
    checked = payments_with_staff().filter(subject=OuterRef("pk"))
    waiting = Order.objects.filter(Exists(checked), cart_id=cart.pk, status=Order.Status.PENDING)
    return waiting.order_by("-created_at").first()


def _line(line: CartLine, prices: dict[int, Price], stock: dict[int, int | None]) -> BasketLine:
    return BasketLine(line.variant, line.quantity, prices[line.variant.pk], stock.get(line.variant.pk))


def variant_for_sale(public_id: UUID) -> Variant | None:
    """A variant that customers may put into their cart."""
    found = Variant.objects.select_related("product").only(*_of_product(""))
    variant = found.filter(public_id=public_id).first()
    return variant if variant and is_on_sale(variant) else None


def has_variant(public_id: UUID) -> bool:
    """Whether the shop has, or had, a variant by this id."""
    return Variant.objects.filter(public_id=public_id).exists()
