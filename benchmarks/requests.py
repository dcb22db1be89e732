"""What tenancy adds to a request: the same view behind the whole middleware chain, with and without tenancy.

The peer is this very application without TenantMiddleware, its connection pinned to one tenant for the whole run, as a
single-tenant installation would be. Calls are made in-process, in turns, so that both sides see the same machine.

    python -m benchmarks.requests [--runs 1500]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from benchmarks.support import own_database, report

LIMIT = 1.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1500)
    options = parser.parse_args()
    print("What tenancy adds to a request (storefront, 3 ms of work)")
    with own_database():
        queries = lookup_queries()
        with_tenancy, without = measure_in_turns(options.runs)
        ratio = with_tenancy / without
        ok = [
            report("tenant lookup adds no query in steady state", f"{queries} queries", holds=queries == 0),
            report(
                f"at most ×{LIMIT} of the same view without tenancy",
                f"×{ratio:.3f} (medians {with_tenancy * 1000:.2f} ms and {without * 1000:.2f} ms)",
                holds=ratio <= LIMIT,
            ),
        ]
    sys.exit(not all(ok))


def lookup_queries() -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from shared_apps.organisations.current import tenant_of_host

    tenant_of_host("store-a.localhost")
    with CaptureQueriesContext(connection) as captured:
        for _ in range(50):
            tenant_of_host("store-a.localhost")
    return len(captured)


def measure_in_turns(times: int) -> tuple[float, float]:
    """Median seconds of the storefront with tenancy and without."""
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connection
    from django.test import RequestFactory

    from shared_apps.organisations.current import tenant_of_host

    connection.set_schema_to_public()
    tenant = tenant_of_host("store-a.localhost")
    whole = WSGIHandler()

    class Pinned:
        """Single-tenant: the tenant is a constant, and the connection stays where it is."""

        def __init__(self, get_response) -> None:  # type: ignore[no-untyped-def]
            self.get_response = get_response

        def __call__(self, request):  # type: ignore[no-untyped-def]
            request.tenant = tenant
            request.urlconf = settings.PRODUCTS["store"].urlconf
            return self.get_response(request)

    sys.modules["benchmarks_pinned"] = type(sys)("benchmarks_pinned")
    sys.modules["benchmarks_pinned"].Pinned = Pinned  # type: ignore[attr-defined]
    middleware = list(settings.MIDDLEWARE)
    settings.MIDDLEWARE = [
        m.replace("baobab.middleware.TenantMiddleware", "benchmarks_pinned.Pinned") for m in middleware
    ]
    pinned = WSGIHandler()
    settings.MIDDLEWARE = middleware
    environ = RequestFactory().get("/", HTTP_HOST="store-a.localhost").environ

    def call(handler) -> float:  # type: ignore[no-untyped-def]
        if handler is pinned and connection.tenant is not tenant:
            connection.set_tenant(tenant)
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        started = time.perf_counter()
        response = handler(dict(environ), lambda *_: None)
        body = b"".join(response)
        taken = time.perf_counter() - started
        response.close()
        assert response.status_code == 200, body[:200]
        return taken

    samples: dict[str, list[float]] = {"whole": [], "pinned": []}
    for number in range(times + 60):
        block = (("whole", whole), ("pinned", pinned)) if number % 2 else (("pinned", pinned), ("whole", whole))
        for name, handler in block:
            taken = call(handler)
            if number >= 60:
                samples[name].append(taken)
    return statistics.median(samples["whole"]), statistics.median(samples["pinned"])


if __name__ == "__main__":
    main()
