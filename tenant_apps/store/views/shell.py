"""What all pages of the storefront share: the shop's name and colour, and the visitor's cart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpResponse
from django.urls import reverse

from shared_apps.accounts.models import User
from shared_apps.accounts.phones import show_phone
from tenant_apps.store import selectors
from tenant_apps.store.models import Cart, Shop
from tenant_apps.store.presenting.links import whatsapp_ask
from tenant_apps.store.selectors.carts import cart_of_user, visitors_cart
from tenant_apps.store.services.carts import merge_cart
from tenant_apps.team.access import TenantRequest
from tenant_apps.team.pages import render_public

CART_COOKIE = "cart"
REMEMBERED = timedelta(days=60)
CART_PLACE = "@@cart@@"  # where the number goes on a page that is kept for all visitors (`views.kept`)


def buyer(request: TenantRequest) -> User | None:
    """The account that is logged in."""
    return request.user if request.user.is_authenticated else None


def shop_of(request: TenantRequest) -> Shop:
    """The shop of this tenant, read once for a request."""
    if not hasattr(request, "_store_shop"):
        request._store_shop = selectors.shop()  # type: ignore[attr-defined]  # ours alone
    return request._store_shop  # type: ignore[attr-defined]


def cart_of(request: TenantRequest) -> Cart | None:
    """The cart of this visitor or account, looked for once in a request. What somebody chose before logging in comes with
    them."""
    if not hasattr(request, "_store_cart"):
        request._store_cart = _find_cart(request)  # type: ignore[attr-defined]  # ours alone
    return request._store_cart  # type: ignore[attr-defined]


def visitors_cart_id(request: TenantRequest) -> UUID | None:
    """What the browser of somebody who is not logged in knows its cart by, whether it is there or not. Whoever logs in takes
    it along."""
    if buyer(request) is None:
        return _cookie(request)
    cart_of(request)
    return None


def _find_cart(request: TenantRequest) -> Cart | None:
    known = _cookie(request)
    user = buyer(request)
    if user is None:
        return visitors_cart(known) if known else None
    if known:
        merge_cart(cart_id=known, user=user)
    return cart_of_user(user)


def remember_cart(request: TenantRequest, response: HttpResponse, cart: Cart) -> None:
    """Let a visitor's browser know its cart; an account's is found by the account."""
    if cart.user_id is None and _cookie(request) != cart.pk:
        response.set_signed_cookie(
            CART_COOKIE, cart.pk.hex, salt=_salt(request), max_age=REMEMBERED, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip


def render_store(
    request: TenantRequest, template: str, context: dict[str, Any], *, shop: Shop | None = None, status: int = 200
) -> HttpResponse:
    """A page of the storefront, in the shop's name, logo and colour. One query for the shop where neither it is given nor
    `shop_of` has read it, one or two for the cart where there is one."""
    shop = shop or shop_of(request)
    shown = {
        "shop": shop,
        "currency": shop.currency,
        "contact": _contact_of(shop),
        "cart": {"url": reverse("store:cart"), "count": _count(request)},
        **context,
    }
    response = render_public(
        request,
        template,
        shown,
        name=shop.name,
        colour=shop.brand_colour,
        logo_url=shop.logo.thumbnail_url if shop.logo else "",
        status=status,
    )
    if CART_COOKIE in request.COOKIES and request.user.is_authenticated:
        response.delete_cookie(CART_COOKIE)  # what it led to belongs to the account now
    return response


def _contact_of(shop: Shop) -> dict[str, str]:
    """How customers reach the shop, at the foot of each page."""
    return {
        "address": shop.address,
        "phone": show_phone(shop.phone) if shop.phone else "",
        "phone_url": whatsapp_ask(shop.phone, ""),
        "email": shop.email,
    }


def _count(request: TenantRequest) -> int | str:
    return CART_PLACE if hasattr(request, "_store_kept") else pieces_in_cart(request)


def pieces_in_cart(request: TenantRequest) -> int:
    """How many pieces this visitor or account has chosen: of the moment when `cart_of` looked."""
    cart: Any = cart_of(request)
    return cart.pieces if cart else 0


def _cookie(request: TenantRequest) -> UUID | None:
    try:
        return UUID(request.get_signed_cookie(CART_COOKIE, salt=_salt(request)))
    except (KeyError, BadSignature, ValueError):
        return None


def _salt(request: TenantRequest) -> str:
    return f"{CART_COOKIE}:{request.tenant.pk}"
