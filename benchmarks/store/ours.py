"""What our pages cost by themselves: their queries, and how a longer catalogue makes them slower."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from benchmarks.store import catalogue
from benchmarks.support import report
from shared_apps.organisations.current import Tenant
from tenant_apps.store.kept import drop_pages
from tenant_apps.store.models import Variant

LISTS = {
    "shelf": "/c/rayon-3/",
    "whole shop": "/",
    "by price": "/?available=1&sort=cheapest",
    "one brand": "/brands/wouri-creation/",
}
# What these find grows with the catalogue, and so do their pages: from five products to a full page. Told, not promised.
SEARCHES = {
    "search that finds 5, then 500": "/?q=robe+wax",
    "search that finds 50, then 5,000": "/?q=robe",
}


def query_counts(few: Tenant, more: Tenant) -> list[bool]:
    """Every page that is made anew takes as many queries with a large catalogue, or a full basket, as with a small one."""
    paths = {**LISTS, **SEARCHES, "product": f"/products/{catalogue.LOOKED_AT[0]}/"}
    counts = {tenant: {name: _queries(tenant, path) for name, path in paths.items()} for tenant in (few, more)}
    of_lists = ", ".join(f"{name} {number} and {counts[more][name]}" for name, number in counts[few].items())
    one, forty = _queries_with_basket(more, 1), _queries_with_basket(more, 40)
    return [
        report("queries of a page, as many with 1,000 products as with 10,000", of_lists, holds=counts[few] == counts[more]),
        report("queries of cart and checkout, as many with 1 line as with 40", f"{one} and {forty}", holds=one == forty),
    ]  # fmt: skip


def growth(few: Tenant, many: Tenant, *, runs: int, limit: float) -> list[bool]:
    """How much longer lists take in the larger shop, made anew each time, in turns."""
    ok = []
    handler = WSGIHandler()
    for name, path in {**LISTS, **SEARCHES}.items():
        taken: dict[Tenant, list[float]] = {few: [], many: []}
        for run in range(runs + 5):
            for tenant in (few, many) if run % 2 else (many, few):
                seconds = _timed(handler, tenant, path)
                if run >= 5:
                    taken[tenant].append(seconds)
        before, after = statistics.median(taken[few]), statistics.median(taken[many])
        ok.append(
            report(
                f"list ({name}) with 100,000 products, against 1,000"
                + (f": less than ×{limit}" if name in LISTS else ""),
                f"×{after / before:.2f} ({before * 1000:.1f} and {after * 1000:.1f} ms)",
                holds=name not in LISTS or after / before < limit,
            )
        )
    return ok


def _timed(handler: WSGIHandler, tenant: Tenant, path: str) -> float:
    environ = RequestFactory().get(path, HTTP_HOST=tenant.host).environ
    with tenant_context(tenant):
        drop_pages()
    started = time.perf_counter()
    response = handler(dict(environ), lambda *_: None)
    body = b"".join(response)
    seconds = time.perf_counter() - started
    response.close()
    assert response.status_code == 200, body[:200]
    return seconds


def _queries(tenant: Tenant, path: str) -> int:
    client = Client(HTTP_HOST=tenant.host)
    return _count(tenant, lambda: client.get(path))


def _queries_with_basket(tenant: Tenant, lines: int) -> tuple[int, int]:
    client = Client(HTTP_HOST=tenant.host)
    with tenant_context(tenant):
        variants = list(Variant.objects.order_by("pk")[:lines])
    for variant in variants:
        client.post("/cart/add/", {"variant": str(variant.public_id), "quantity": "1"})
    client.get("/cart/")  # says what was put there, once
    return _count(tenant, lambda: client.get("/cart/")), _count(tenant, lambda: client.get("/checkout/"))


def _count(tenant: Tenant, visit: Callable[[], object]) -> int:
    visit()
    with tenant_context(tenant):
        drop_pages()
    with CaptureQueriesContext(connection) as captured:
        visit()
    # Whose host it is, and becoming that tenant, is remembered or not as it happens.
    return sum(not re.match(r"SET |.*\borganisations_", query["sql"], re.DOTALL) for query in captured)
