"""The shop's sitemap (https://www.sitemaps.org/protocol.html): at most three queries a part, however long it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from xml.sax.saxutils import escape

from django.urls import reverse

from shared_apps.core.context import tenant_url
from tenant_apps.store.models import Brand, Category, Product

# The protocol allows 50,000 addresses a file; a part is made while somebody waits for it.
PER_PART = 10_000
MAX_PARTS = 100
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

Entry = tuple[str, datetime | None]


def part_count() -> int:
    """How many parts the products fill; one at least. Counts no further than the last part."""
    shown = Product.objects.filter(status=Product.Status.PUBLISHED).values("pk")[: PER_PART * MAX_PARTS].count()
    return max(1, -(-shown // PER_PART))


def entries_of(number: int) -> list[Entry]:
    """The addresses of part `number`, from 1 on, with when they changed; the first part has the shelves and brands too."""
    start = (number - 1) * PER_PART
    products = (
        Product.objects.filter(status=Product.Status.PUBLISHED)
        .order_by("id")
        .values_list("slug", "updated_at")[start : start + PER_PART]
    )
    lists = _lists() if number == 1 else []
    return lists + [(reverse("store:product", args=[slug]), changed) for slug, changed in products]


def _lists() -> list[Entry]:
    shelves = Category.objects.order_by("id").values_list("slug", flat=True)[:PER_PART]
    brands = Brand.objects.order_by("id").values_list("slug", flat=True)[:PER_PART]
    return [
        (reverse("store:home"), None),
        *((reverse("store:shelf", args=[slug]), None) for slug in shelves),
        *((reverse("store:brand", args=[slug]), None) for slug in brands),
    ]


def urls_xml(entries: Iterable[Entry], *, host: str) -> str:
    """A sitemap file."""
    rows = "".join(_url_xml(tenant_url(host, path), changed) for path, changed in entries)
    return f'{_HEAD}<urlset xmlns="{_NAMESPACE}">\n{rows}</urlset>\n'


def _url_xml(url: str, changed: datetime | None) -> str:
    when = f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else ""
    return f"<url><loc>{escape(url)}</loc>{when}</url>\n"


def index_xml(paths: Iterable[str], *, host: str) -> str:
    """The list of a sitemap's files."""
    rows = "".join(f"<sitemap><loc>{escape(tenant_url(host, path))}</loc></sitemap>\n" for path in paths)
    return f'{_HEAD}<sitemapindex xmlns="{_NAMESPACE}">\n{rows}</sitemapindex>\n'
