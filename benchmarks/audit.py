"""What an audit entry adds to a write: the same service with and without its record(), alternately, in one process.

python -m benchmarks.audit
"""

from __future__ import annotations

import gc
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

from benchmarks.support import Timing, own_database, report

PAIRS = 600
LIMIT = 1.10


def main() -> None:
    print("Audit")
    with own_database():
        ok = [compare(name, module, act) for name, module, act in writes()]
    sys.exit(not all(ok))


def writes() -> list[tuple[str, Any, Callable[[], object]]]:
    """Services people wait for: the module in which `record` is looked up, and one write."""
    from django.db import connection

    from shared_apps.organisations.current import as_tenant
    from shared_apps.organisations.models import Organisation
    from tenant_apps.store import services as store

    organisation = Organisation.objects.select_related("plan_version__plan").filter(product="store").first()
    assert organisation is not None
    connection.set_tenant(as_tenant(organisation))
    product = store.create_product(public_id=uuid.uuid4(), details=store.ProductDetails("Savon", 500))
    prices = iter(range(1, 10**9))

    def change_product() -> object:
        return store.update_product(product=product, details=store.ProductDetails("Savon", next(prices)))

    def change_shop() -> object:
        return store.save_shop(details=store.ShopDetails("Boutique", description=str(next(prices))))

    return [
        ("changing a product", store, change_product),
        ("changing the shop, one of the smallest writes", store, change_shop),
    ]


def compare(name: str, module: Any, act: Callable[[], object]) -> bool:
    """Alternate the write with and without its entry; the order within a pair alternates too."""
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
    audited, plain = Timing(tuple(with_entry)), Timing(tuple(without))
    ratio = audited.median / plain.median
    return report(
        f"an entry adds at most {LIMIT - 1:.0%} to {name}",
        f"{ratio - 1:+.1%} (median {audited.median * 1000:.2f} ms against {plain.median * 1000:.2f}, n={PAIRS} pairs)",
        holds=ratio <= LIMIT,
    )


def nothing(**_: Any) -> None:
    """In place of record()."""


def seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
