"""The storefront against django-oscar: the same catalogue, servers and machine, in turns.

django-oscar 4.2.1 is installed into an environment of its own and set up as its documentation says, with what a careful owner
adds: sessions and cache in Redis, cached templates, pooled connections, mail that costs nothing, no offers, and a search engine that
answers at once (`benchmarks.store.oscar_shop`). Each shop has one gunicorn worker with 8 threads; each answers for a slice of
some seconds while the other rests, round after round, and the median of the rounds counts. Visitors are not logged in and take
whole pages, uncompressed. "With nothing kept" is our page when it is made anew each time.

    python -m benchmarks.store [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.store.peer import oscar_shop
from benchmarks.support import Processors, own_database, report, web_server
from tests.support.databases import ROOT

VISITORS = 4
WHOLE = 300.0  # seconds that suffice for all baskets of a slice
PRODUCTS = 10_000
FEW, MANY = 1_000, 100_000
GROWTH_LIMIT = 1.3
PAGES, CHECKOUT = 3.0, 2.0
CLAIMS = {
    "shelf": ("product list, a second", PAGES),
    "sorted": ("product list by price, a second", PAGES),
    "search": ("searches a second", PAGES),
    "product": ("product pages a second", PAGES),
    "add": ("things put into a basket a second", PAGES),
    "checkout": ("orders a second, from a full basket", CHECKOUT),
}
# Not promised: pages that nobody has looked at within a minute.
TOLD = {"shelf_anew": "product list with nothing kept", "product_anew": "product page with nothing kept"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter slices and fewer rounds")
    parser.add_argument("--products", type=int, default=PRODUCTS, help="of the catalogue that both sell")
    options = parser.parse_args()
    rounds, seconds = (3, 2.0) if options.quick else (5, 5.0)
    print(f"The storefront against django-oscar ({options.products:,} products)")
    os.environ["TRUSTED_PROXY_COUNT"] = "1"  # each visitor has an address of their own, as behind a proxy
    with own_database():
        from benchmarks.store import ours, shop
        from tests.support.tenants import ready_tenant

        small, large = ready_tenant("store-a"), ready_tenant("store-b")
        shop.make_shop(small, FEW)
        shop.make_shop(large, options.products)
        print("  our shops are filled", flush=True)
        with oscar_shop(options.products) as oscar, web_server() as address:
            print("  its shop is filled", flush=True)
            known = {"ours": {**shop.known_of(large), "address": address}, "oscar": oscar}
            ok = against_oscar(known, rounds=rounds, seconds=seconds)
        ok += ours.query_counts(small, large)
        shop.grow(large, to=MANY)
        ok += ours.growth(small, large, runs=40 if options.quick else 150, limit=GROWTH_LIMIT)
    sys.exit(not all(ok))


def against_oscar(known: dict[str, Any], *, rounds: int, seconds: float) -> list[bool]:
    """Every scenario at both shops; whether each claim holds."""
    ok = []
    with visitors(known) as ask:
        for scenario, (claim, limit) in CLAIMS.items():
            ours, theirs, stolen = in_turns(ask, scenario, rounds=rounds, seconds=seconds)
            ratio = statistics.median(ours) / statistics.median(theirs)
            ok.append(
                report(
                    f"{claim}: at least {limit:.0f}× django-oscar's",
                    f"{ratio:.1f}× (ours {_spread(ours)}; its {_spread(theirs)}; processors taken {stolen:.0%})",
                    holds=ratio >= limit,
                )
            )
        for scenario, told in TOLD.items():
            ours, theirs, _stolen = in_turns(ask, scenario, rounds=3, seconds=2.0)
            ratio = statistics.median(ours) / statistics.median(theirs)
            report(told, f"{ratio:.1f}× (ours {_spread(ours)}; its {_spread(theirs)})", holds=True)
    return ok


def in_turns(ask: Any, scenario: str, *, rounds: int, seconds: float) -> tuple[list[float], list[float], float]:
    """How often a second both do it, in each round; the first is not counted. And the time the host took."""
    rates: dict[str, list[float]] = {"ours": [], "oscar": []}
    processors = Processors()
    for round_ in range(rounds + 1):
        for shop in ("ours", "oscar") if round_ % 2 else ("oscar", "ours"):
            done, taken = ask(shop, scenario, (seconds if round_ else 1.0) if scenario != "checkout" else WHOLE)
            if round_:
                rates[shop].append(done / taken)
    return rates["ours"], rates["oscar"], processors.stolen()


@contextmanager
def visitors(known: dict[str, Any]) -> Iterator[Any]:
    """The process that asks; yields a function (shop, scenario, seconds) → (how often, in how many seconds)."""
    with TemporaryDirectory() as folder:
        shops = Path(folder, "shops.json")
        shops.write_text(json.dumps(known))
        command = [sys.executable, "-m", "benchmarks.store.visitors", str(shops)]
        running = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert running.stdin
        assert running.stdout

        def ask(shop: str, scenario: str, seconds: float) -> tuple[int, float]:
            asked = {"shop": shop, "scenario": scenario, "seconds": seconds, "visitors": VISITORS}
            print(json.dumps(asked), file=running.stdin, flush=True)
            answer = json.loads(running.stdout.readline())  # type: ignore[union-attr]
            return answer["done"], answer["seconds"]

        try:
            yield ask
        finally:
            running.stdin.close()
            running.wait(30)


def _spread(rates: list[float]) -> str:
    return f"{statistics.median(rates):.1f}, {min(rates):.1f} to {max(rates):.1f}"


if __name__ == "__main__":
    main()
