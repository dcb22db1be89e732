"""What search engines read in a page (https://schema.org), as JSON-LD. Pure, but for the shape of models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from billing.money import Money
from tenant_apps.store.models import Product
from tenant_apps.store.rules.ratings import Rating

_CONTEXT = "https://schema.org"
# A browser ends a script at "</script", whatever the JSON says.
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}
AVAILABILITY = {
    "available": f"{_CONTEXT}/InStock",
    "few": f"{_CONTEXT}/LimitedAvailability",
    "preorder": f"{_CONTEXT}/PreOrder",
    "sold_out": f"{_CONTEXT}/OutOfStock",
    "none": f"{_CONTEXT}/Discontinued",
}


def json_ld(data: dict[str, Any]) -> SafeString:
    """A data block. Browsers do not run it, so the content policy has nothing to say about it (HTML, "prepare the script
    element": a data block ends there before any policy is asked)."""
    text = json.dumps({"@context": _CONTEXT, **data}, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))  # noqa: S308 — escaped above


def breadcrumb_data(crumbs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Where a page is: (name, absolute address) from the top down."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": url}
            for number, (name, url) in enumerate(crumbs, start=1)
        ],
    }


def offer_data(*, url: str, price: Money, availability: str, sku: str = "") -> dict[str, Any]:
    """A variant on sale; `availability` is a kind of `selectors.Availability`."""
    offer = {
        "@type": "Offer",
        "url": url,
        "price": price.as_text(),
        "priceCurrency": price.currency,
        "availability": AVAILABILITY[availability],
    }
    return {**offer, "sku": sku} if sku else offer


def product_data(
    product: Product, *, url: str, images: list[str], offers: list[dict[str, Any]], seller: str
) -> dict[str, Any]:
    """A product; its rating is told once there is one."""
    data: dict[str, Any] = {"@type": "Product", "name": product.name, "url": url}
    text = product.meta_description or product.summary or product.description[:500]
    if text:
        data["description"] = text
    if images:
        data["image"] = images
    if product.brand:
        data["brand"] = {"@type": "Brand", "name": product.brand.name}
    if product.category:
        data["category"] = product.category.name
    if product.rating_count:
        tenths = Rating(product.rating_sum, product.rating_count).tenths
        data["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": f"{tenths // 10}.{tenths % 10}",
            "reviewCount": product.rating_count,
            "bestRating": 5,
        }
    data["offers"] = [{**offer, "seller": {"@type": "Organization", "name": seller}} for offer in offers]
    return data
