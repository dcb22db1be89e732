"""What an audit entry adds to a write: the same service with and without its record(), alternately, in one process.

python -m benchmarks.audit
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

from benchmarks.support import own_database, report

PAIRS = 300
LIMIT = 1.10


def main() -> None:
    print("Audit")
    with own_database():
        ratios = {name: compare(module, act) for name, module, act in writes()}
    mean = statistics.mean(ratios.values())
    each = ", ".join(f"{name} {ratio - 1:+.1%}" for name, ratio in ratios.items())
    claim = f"an entry adds at most {LIMIT - 1:.0%} to a write (mean of {len(ratios)} services, n={PAIRS} pairs each)"
    sys.exit(not report(claim, f"{mean - 1:+.1%} ({each})", holds=mean <= LIMIT))


def writes() -> list[tuple[str, Any, Callable[[], object]]]:
    """Services people wait for: the module in which `record` is looked up, and one write."""
    from django.db import connection

    from billing.services import orders
    from shared_apps.organisations.current import as_tenant
    from shared_apps.organisations.models import Organisation
    from tenant_apps.store import services as store
    from tests.support.factories import make_order, make_user

    buyer, prices = make_user(), iter(range(1, 10**9))

    def order() -> object:
        connection.set_schema_to_public()
        made = make_order(user=buyer)
        orders.cancel_order(order=made, actor=buyer)
        connection.set_tenant(tenant)
        return made

    organisation = Organisation.objects.select_related("plan_version__plan").filter(product="store").first()
    assert organisation is not None
    tenant = as_tenant(organisation)
    connection.set_tenant(tenant)
    product = store.create_product(
        public_id=uuid.uuid4(), details=store.ProductDetails("Savon", (store.VariantDetails(500),))
    )

    def change_product() -> object:
        return store.update_product(
            product=product, details=store.ProductDetails("Savon", (store.VariantDetails(next(prices)),))
        )

    def change_shop() -> object:
        return store.save_shop(details=store.ShopDetails("Boutique", description=str(next(prices))))

    def publish() -> object:
        return store.show_product(product=product, published=bool(next(prices) % 2))

    return [
        ("ordering and cancelling", orders, order),
        ("changing a product", store, change_product),
        ("publishing it", store, publish),
        ("changing one row of settings", store, change_shop),
    ]


def compare(module: Any, act: Callable[[], object]) -> float:
    """Median with the entry against median without; the two alternate, and so does which comes first."""
    with_entry, without = [], []
    record = module.record
    for _ in range(20):
        act()
    gc.disable()
    for number in range(PAIRS):
        for entry in (True, False) if number % 2 else (False, True):
            module.record = record if entry else nothing
            (with_entry if entry else without).append(seconds(act))
    gc.enable()
    module.record = record
    return statistics.median(with_entry) / statistics.median(without)


def nothing(**_: Any) -> None:
    """In place of record()."""


def seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
