"""Visitors of a shop: a process of its own that does one thing again and again, as so many browsers at once.

It reads one JSON object a line from standard input, {shop, scenario, seconds, visitors}, and answers each with {done, seconds}:
how many times it was done, within how long. Anything unexpected ends it.

    python -m benchmarks.store.visitors shops.json
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.store.scenarios import SCENARIOS, Shop, Visit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shops", type=Path)
    options = parser.parse_args()
    shops = {name: Shop(known, known["address"]) for name, known in json.loads(options.shops.read_text()).items()}
    for line in sys.stdin:
        asked = json.loads(line)
        done, seconds = measured(
            shops[asked["shop"]], asked["scenario"], seconds=asked["seconds"], visitors=asked["visitors"]
        )
        print(json.dumps({"done": done, "seconds": seconds}), flush=True)


def measured(shop: Shop, scenario: str, *, seconds: float, visitors: int) -> tuple[int, float]:
    """Let visitors do the same at once for so long, or as often as the scenario is prepared for. How often, and how long it
    took; what they did before is not counted."""
    with ThreadPoolExecutor(visitors) as pool:
        started = list(pool.map(lambda number: SCENARIOS[scenario](shop, number), range(visitors)))
        begun = time.perf_counter()
        done = sum(pool.map(lambda visits: _until(begun + seconds, visits), started))
    return done, time.perf_counter() - begun


def _until(end: float, visits: Iterator[Visit]) -> int:
    done = 0
    for visit in visits:
        visit()
        done += 1
        if time.perf_counter() >= end:
            break
    return done


if __name__ == "__main__":
    main()
