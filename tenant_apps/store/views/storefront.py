"""What customers see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.money import Money
from shared_apps.core.context import tenant_url
from tenant_apps.store import selectors
from tenant_apps.store.models import Brand, Category, Product, Shop, Variant
from tenant_apps.store.presenting import structured
from tenant_apps.store.presenting.cards import cards_of
from tenant_apps.store.presenting.links import whatsapp_ask, whatsapp_share
from tenant_apps.store.rules.choices import chosen_variant, option_choices
from tenant_apps.store.rules.filters import Filters, read_filters
from tenant_apps.store.rules.offers import Price
from tenant_apps.store.rules.typed_prices import price_as_typed
from tenant_apps.store.selectors import Availability, Shelves
from tenant_apps.store.selectors.prices import person_of, price_many
from tenant_apps.store.selectors.stock import stock_told
from tenant_apps.store.views.chips import chips_of, sort_choices
from tenant_apps.store.views.kept import kept_for_visitors
from tenant_apps.store.views.reviews import reviews_on_page
from tenant_apps.store.views.shell import render_store, shop_of
from tenant_apps.team.access import TenantRequest

SHORT_TEXT = 160


@login_not_required
@require_safe
@kept_for_visitors()
def home(request: TenantRequest) -> HttpResponse:
    """The shelves and the published products, all or those that are looked for."""
    shop, tree = shop_of(request), selectors.read_shelves()
    return _list_page(request, shop, tree, "store/home.html", {"heading": shop.name, "text": shop.description})


@login_not_required
@require_safe
@kept_for_visitors()
def shelf(request: TenantRequest, slug: str) -> HttpResponse:
    """A shelf: those on it, and all products on it and below."""
    shop, tree = shop_of(request), selectors.read_shelves()
    found = tree.by_slug.get(slug)
    if found is None:
        raise Http404
    crumbs = _crumbs(tree, found)
    context = {"heading": found.name, "text": found.description, "crumbs": crumbs, "shelf": found}
    return _list_page(request, shop, tree, "store/shelf.html", context, shelf=found)


@login_not_required
@require_safe
@kept_for_visitors()
def brand(request: TenantRequest, slug: str) -> HttpResponse:
    """A brand and its products."""
    found = selectors.brand_by_slug(slug)
    if found is None:
        raise Http404
    shop, tree = shop_of(request), selectors.read_shelves()
    crumbs = [_home_crumb(), {"url": reverse("store:brand", args=[slug]), "label": found.name}]
    context = {"heading": found.name, "text": found.description, "crumbs": crumbs, "brand": found}
    return _list_page(request, shop, tree, "store/shelf.html", context, brand=found)


def _stock_of(request: TenantRequest, slug: str) -> dict[int, Availability]:
    """What a product's page tells of its stock, read once for a request."""
    if not hasattr(request, "_store_stock"):
        request._store_stock = stock_told(slug)  # type: ignore[attr-defined]  # ours alone
    return request._store_stock  # type: ignore[attr-defined]


@login_not_required
@require_safe
@kept_for_visitors(telling=_stock_of)
def product(request: TenantRequest, slug: str) -> HttpResponse:
    """One product. Staff see drafts too, to look before they publish."""
    shop = shop_of(request)
    found = selectors.product_by_slug(slug, only_published=True)
    if found is None and request.user.is_staff:
        found = selectors.product_by_slug(slug, only_published=False)
    if found is None:
        raise Http404
    variants = [variant for variant in found.variants.all() if variant.is_active]
    chosen = chosen_variant(variants, request.GET.get("v", ""))
    url = tenant_url(request.tenant.primary_host, reverse("store:product", args=[found.slug]))
    context = {
        "product": found,
        "images": list(found.images.all()),
        "specifications": selectors.specifications_of(found),
        "share_url": whatsapp_share(f"{found.name} - {url}"),
        "ask_url": _ask_url(shop, found, url),
        "share": _share(request, found, url),
        "reviews": reviews_on_page(request, found),
        **_variant_context(request, found, variants, chosen),
        **_place_context(request, found),
    }
    context["product_data"] = _product_data(request, shop, found, context) if variants else ""
    return render_store(request, "store/product.html", context, shop=shop)


def _list_page(
    request: TenantRequest,
    shop: Shop,
    tree: Shelves,
    template: str,
    context: dict[str, Any],
    *,
    shelf: Category | None = None,
    brand: Brand | None = None,
) -> HttpResponse:
    """A list of products with all that narrows it."""
    read = read_filters(request.GET, currency=shop.currency)
    filters, labels = selectors.known_filters(read, tree=tree)
    person, at = person_of(request.user), timezone.now()
    listing = selectors.list_storefront(
        person=person,
        filters=filters,
        page=request.GET.get("page", "1"),
        shelf=shelf or tree.by_slug.get(filters.shelf),
        tree=tree,
        brand=brand,
        facets=True,
    )
    plain = not request.GET
    context = {
        **context,
        "listing": listing,
        "cards": cards_of(listing.page.object_list, price_many(_variants_of(listing.page.object_list), person, at)),
        **_filter_context(filters, labels, tree=tree, currency=shop.currency),
        "shelves": [] if shelf else tree.all,
        "sub_shelves": tree.children(shelf) if not brand and not filters.query and not filters.narrows else [],
        "has_products": bool(listing.page.object_list) or filters.narrows or bool(filters.query),
        "share": _list_share(request, context, shop, list(listing.page.object_list)) if plain else None,
        "noindex": bool(filters.narrows or filters.query or filters.sort),
        "crumb_data": _crumb_data(request, context.get("crumbs", [])),
    }
    return render_store(request, template, context, shop=shop)


def _filter_context(filters: Filters, labels: dict[str, str], *, tree: Shelves, currency: str) -> dict[str, Any]:
    """What is chosen, as the form and the chips above a list show it."""

    def typed(minor: int | None) -> str:
        return "" if minor is None else price_as_typed(minor, currency=currency)

    return {
        "filters": filters,
        "price_from": typed(filters.price_from),
        "price_to": typed(filters.price_to),
        "chips": chips_of(filters, labels, tree=tree, currency=currency),
        "clear_query": Filters(query=filters.query, sort=filters.sort).as_query(currency=currency),
        "sorts": sort_choices(filters),
    }


def _variants_of(products: Iterable[Product]) -> list[Variant]:
    return [variant for product in products for variant in product.variants.all()]


def _home_crumb() -> dict[str, str]:
    return {"url": reverse("store:home"), "label": _("All products")}


def _crumbs(tree: Shelves, shelf: Category | None) -> list[dict[str, str]]:
    path = tree.path(shelf) if shelf else []
    return [
        _home_crumb(),
        *({"url": reverse("store:shelf", args=[one.slug]), "label": one.name} for one in path),
    ]


def _crumb_data(request: TenantRequest, crumbs: list[dict[str, str]]) -> str:
    if not crumbs:
        return ""
    host = request.tenant.primary_host
    return structured.json_ld(
        structured.breadcrumb_data([(one["label"], tenant_url(host, one["url"])) for one in crumbs])
    )


def _list_share(
    request: TenantRequest, context: dict[str, Any], shop: Shop, products: Sequence[Product]
) -> dict[str, str]:
    """What a messenger shows of a list's own address; a list without a photo of its own has the shop's logo, else the photo of its
    first product."""
    shown, first = context.get("shelf"), products[0].images.all() if products else []
    own = shown.photo if shown else getattr(context.get("brand"), "logo", None)
    photo = own or shop.logo or next((image.photo for image in first), None)
    return {
        "title": context["heading"],
        "text": context["text"][:SHORT_TEXT],
        "url": tenant_url(request.tenant.primary_host, request.path),
        "image": tenant_url(request.tenant.primary_host, photo.share_url) if photo else "",
    }


def _variant_context(
    request: TenantRequest, product: Product, variants: list[Variant], chosen: Variant | None
) -> dict[str, Any]:
    """The chosen variant, what it costs and whether it can be had; without one, nothing is on sale."""
    if chosen is None:
        return {"variants": [], "variant": None, "options": [], "availability": Availability("none")}
    prices, told = price_many(variants, person_of(request.user)), _stock_of(request, product.slug)
    # A variant that was made since the stock was read can be had on the next look.
    on_sale = [(one, prices[one.pk].final_minor, told.get(one.pk, Availability("none"))) for one in variants]
    availability = told.get(chosen.pk, Availability("none"))
    return {
        "variants": variants,
        "variant": chosen,
        "options": option_choices(product, variants, chosen),
        "availability": availability,
        "price": prices[chosen.pk],
        "promo_ends_at": chosen.promo_ends_at if _is_promo(prices[chosen.pk]) else None,
        "can_buy": availability.can_be_had,
        "on_sale": on_sale,
    }


def _is_promo(price: Price) -> bool:
    """Whether the promotional price of the variant itself counts now."""
    return any(rebate.kind == "promo" for rebate in price.rebates)


def _place_context(request: TenantRequest, product: Product) -> dict[str, Any]:
    """Where the product stands: its shelves up to the top."""
    crumbs = _crumbs(selectors.read_shelves(), product.category)
    here = {"url": reverse("store:product", args=[product.slug]), "label": product.name}
    return {"crumbs": [*crumbs, here], "crumb_data": _crumb_data(request, [*crumbs, here])}


def _product_data(request: TenantRequest, shop: Shop, product: Product, context: dict[str, Any]) -> str:
    url = context["share"]["url"]
    host = request.tenant.primary_host
    several = len(context["on_sale"]) > 1
    offered = [
        structured.offer_data(
            url=f"{url}?v={variant.public_id}" if several else url,
            price=Money(minor, shop.currency),
            availability=availability.kind,
            sku=variant.sku or "",
        )
        for variant, minor, availability in context["on_sale"]
    ]
    images = [tenant_url(host, image.photo.share_url) for image in context["images"]]
    return structured.json_ld(
        structured.product_data(product, url=url, images=images, offers=offered, seller=shop.name)
    )


def _ask_url(shop: Shop, product: Product, url: str) -> str:
    text = _("Hello, I am interested in %(name)s: %(url)s") % {"name": product.name, "url": url}
    return whatsapp_ask(shop.phone, text)


def _share(request: TenantRequest, product: Product, url: str) -> dict[str, str]:
    cover = next(iter(product.images.all()), None)
    return {
        "title": product.meta_title or product.name,
        "text": (product.meta_description or product.summary or product.description)[:200],
        "url": url,
        "image": tenant_url(request.tenant.primary_host, cover.photo.share_url) if cover else "",
    }
