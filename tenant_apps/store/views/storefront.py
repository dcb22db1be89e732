"""What customers see."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shared_apps.core.context import tenant_url
from tenant_apps.store import selectors
from tenant_apps.store.links import whatsapp_ask, whatsapp_share
from tenant_apps.store.models import Product, Shop
from tenant_apps.team.access import TenantRequest
from tenant_apps.team.pages import render_public


@login_not_required
@require_safe
def home(request: TenantRequest) -> HttpResponse:
    """The published products, all or those that match a search."""
    shop = selectors.shop()
    listing = selectors.list_storefront(query=request.GET.get("q", ""), page=request.GET.get("page", "1"))
    return _page(request, shop, "store/home.html", {"listing": listing})


@login_not_required
@require_safe
def product(request: TenantRequest, slug: str) -> HttpResponse:
    """One product. Staff see drafts too, to look before they publish."""
    shop = selectors.shop()
    found = selectors.product_by_slug(slug, only_published=True)
    if found is None and request.user.is_staff:
        found = selectors.product_by_slug(slug, only_published=False)
    if found is None:
        raise Http404
    url = tenant_url(request.tenant.primary_host, reverse("store:product", args=[found.slug]))
    context = {
        "product": found,
        "variants": list(found.variants.all()),
        "images": list(found.images.all()),
        "share_url": whatsapp_share(f"{found.name} - {url}"),
        "ask_url": _ask_url(shop, found, url),
        "share": {
            "title": found.name,
            "text": found.description[:200],
            "url": url,
            "image": _share_image(request, found),
        },
    }
    return _page(request, shop, "store/product.html", context)


def _page(request: TenantRequest, shop: Shop, template: str, context: dict[str, Any]) -> HttpResponse:
    shown = {"shop": shop, "currency": shop.currency, **context}
    return render_public(request, template, shown, name=shop.name, colour=shop.brand_colour)


def _ask_url(shop: Shop, product: Product, url: str) -> str:
    text = _("Hello, I am interested in %(name)s: %(url)s") % {"name": product.name, "url": url}
    return whatsapp_ask(shop.phone, text)


def _share_image(request: TenantRequest, product: Product) -> str:
    cover = next(iter(product.images.all()), None)
    return tenant_url(request.tenant.primary_host, cover.photo.share_url) if cover else ""
