"""Carts. Nothing is promised here: stock is held, and prices are fixed, at the checkout."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.store.models import Cart, CartLine, Order, OrderLine, Variant
from tenant_apps.store.selectors.carts import available_to, is_on_sale

MAX_PIECES = 999
MAX_LINES = 100


@transaction.atomic
def add_to_cart(*, cart_id: UUID | None, user: User | None, variant: Variant, quantity: int = 1) -> Cart:
    """Put pieces into the cart of an account, or into a visitor's of that id; a new one where there is none. Locks the cart;
    one transaction.

    Raises DomainError (`quantity`) for more than can be had, and Conflict for what is not sold or no longer fits.
    """
    if not is_on_sale(variant):
        raise Conflict("not_for_sale", _("This product is not sold at the moment."))
    cart = _locked_of(user) if user else _locked_visitors(cart_id)
    cart = cart or _new_cart(user)
    lines = dict(cart.lines.order_by().values_list("variant_id", "quantity"))
    wanted = quantity + lines.get(variant.pk, 0)
    _check_quantity(cart, variant, wanted)
    if variant.pk in lines:
        CartLine.objects.filter(cart=cart, variant=variant).update(quantity=wanted)
    elif len(lines) >= MAX_LINES:
        message = _("A cart holds at most %(most)s different products. Order these first.")
        raise Conflict("cart_full", message % {"most": MAX_LINES})
    else:
        CartLine.objects.create(cart=cart, variant=variant, quantity=wanted)
    _note_use(cart)
    return cart


@transaction.atomic
def set_quantity(*, cart: Cart, variant_id: UUID, quantity: int) -> None:
    """Change how many pieces of a variant (by its public id) a cart holds; 0 takes it out. Locks the cart; one transaction.

    Raises DomainError (`quantity`) for more than can be had. What is not in the cart stays out.
    """
    Cart.objects.select_for_update().filter(pk=cart.pk).first()
    line = cart.lines.select_related("variant__product").filter(variant__public_id=variant_id).first()
    if line is None:
        return
    if quantity <= 0:
        line.delete()
    else:
        _check_quantity(cart, line.variant, quantity)
        CartLine.objects.filter(pk=line.pk).update(quantity=quantity)
    _note_use(cart)


@transaction.atomic
def merge_cart(*, cart_id: UUID, user: User) -> None:
    """Give an account what its owner chose before logging in: of each variant the larger number. Orders that wait for their
    payment are the account's cart's from now on: their goods leave it once the money comes.

    Locks the visitor's cart, the account's, then those orders; one transaction. A cart that is not there, or belongs to an
    account, changes nothing.
    """
    visitors = _locked_visitors(cart_id)
    if visitors is None:
        return
    mine = _locked_of(user)
    if mine is None:
        Cart.objects.filter(pk=visitors.pk).update(user=user)
        return
    # Before the lines are read: an order that is being paid takes its goods out of the cart it names.
    Order.objects.filter(cart_id=visitors.pk, status=Order.Status.PENDING).update(cart_id=mine.pk)
    there = {line.variant_id: line.quantity for line in mine.lines.all()}
    for line in visitors.lines.all():
        known = there.get(line.variant_id)
        if known is None and len(there) < MAX_LINES:
            CartLine.objects.create(cart=mine, variant_id=line.variant_id, quantity=line.quantity)
            there[line.variant_id] = line.quantity
        elif known is not None and known < line.quantity:
            CartLine.objects.filter(cart=mine, variant=line.variant_id).update(quantity=line.quantity)
    visitors.delete()


def take_out_ordered(*, cart_id: UUID | None, lines: list[OrderLine]) -> None:
    """Take what was ordered out of the cart it came from; what was added since stays.

    In the transaction that confirms the order; locks the cart's lines.
    """
    if cart_id is None:
        return
    quantities = {line.variant_id: line.quantity for line in lines if line.variant_id}
    ordered = CartLine.objects.filter(cart_id=cart_id, variant_id__in=quantities)
    held = list(ordered.select_for_update().order_by("variant_id"))
    CartLine.objects.filter(pk__in=[one.pk for one in held if one.quantity <= quantities[one.variant_id]]).delete()
    left = [one for one in held if one.quantity > quantities[one.variant_id]]
    for one in left:
        one.quantity -= quantities[one.variant_id]
    CartLine.objects.bulk_update(left, ["quantity"])


def _note_use(cart: Cart) -> None:
    """Carts that nobody has used for weeks are forgotten: to the hour is enough."""
    if timezone.now() - cart.updated_at > timedelta(hours=1):
        cart.save(update_fields=["updated_at"])


def _locked_of(user: User) -> Cart | None:
    return Cart.objects.select_for_update().filter(user=user).first()


def _locked_visitors(cart_id: UUID | None) -> Cart | None:
    """Never one that belongs to an account."""
    return Cart.objects.select_for_update().filter(pk=cart_id, user=None).first() if cart_id else None


def _new_cart(user: User | None) -> Cart:
    if user is None:
        return Cart.objects.create()
    Cart.objects.bulk_create([Cart(user=user)], ignore_conflicts=True)
    return Cart.objects.select_for_update().get(user=user)


def _check_quantity(cart: Cart, variant: Variant, wanted: int) -> None:
    if not 1 <= wanted <= MAX_PIECES:
        message = _("Choose between 1 and %(most)s pieces.") % {"most": MAX_PIECES}
        raise DomainError("quantity_range", message, field="quantity")
    left = available_to(cart.pk, {variant.pk: wanted})[variant.pk]
    if left is None or wanted <= left:
        return
    if left <= 0:
        raise DomainError("sold_out", _("This product is sold out."), field="quantity")
    message = ngettext("Only %(left)s is left.", "Only %(left)s are left.", left) % {"left": left}
    raise DomainError("not_enough", message, field="quantity")
