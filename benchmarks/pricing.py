"""The pricing page: queries that do not grow with plans, weight of the first load, and Lighthouse where npm has it.

python -m benchmarks.pricing
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import replace
from pathlib import Path

from benchmarks.support import own_database, report, web_server

WEIGHT_LIMIT = 100_000  # bytes over the wire, first load
SCORE_LIMIT = 95
LIGHTHOUSE = "lighthouse@12.8.2"


def main() -> None:
    print("Pricing page")
    with own_database(), web_server() as address:
        few = queries()
        weight, files = first_load(address)
        scores = lighthouse(address)
        many = queries(more_plans=60)
        ok = [
            report("queries do not grow with plans", f"{few} with 9 plans, {many} with 69", holds=few == many),
            report(
                f"first load under {WEIGHT_LIMIT // 1000} kB",
                f"{weight / 1000:.1f} kB in {files} files, {weight / WEIGHT_LIMIT:.2f} of the limit",
                holds=weight < WEIGHT_LIMIT,
            ),
        ]
        ok += [
            report(f"Lighthouse mobile {name} ≥ {SCORE_LIMIT}", f"{score:.0f}", holds=score >= SCORE_LIMIT)
            for name, score in scores.items()
        ]
    sys.exit(not all(ok))


def queries(*, more_plans: int = 0) -> int:
    """How many statements the page takes, once everything that is remembered is remembered."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from billing.offers import OFFERS
    from billing.services.catalogue import publish_offer

    for number in range(more_plans):
        offer = OFFERS[number % len(OFFERS)]
        publish_offer(offer=replace(offer, name=f"{offer.name}-{number}"))
    client = Client(HTTP_HOST="localhost")
    client.get("/pricing/")
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/pricing/").status_code == 200
    return len([query for query in captured if not query["sql"].startswith("SET ROLE")])


def first_load(address: str) -> tuple[int, int]:
    """Bytes over the wire of the page and everything it names, compressed as a browser asks for it."""
    page = fetch(address, "/pricing/")
    text = gzip.decompress(page) if page[:2] == b"\x1f\x8b" else page
    linked = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text.decode()))
    return len(page) + sum(len(fetch(address, path)) for path in linked), 1 + len(linked)


def fetch(address: str, path: str) -> bytes:
    headers = {"Host": "localhost", "Accept-Encoding": "gzip"}
    with urllib.request.urlopen(
        urllib.request.Request(f"http://{address}{path}", headers=headers), timeout=30
    ) as answer:
        return answer.read()


def lighthouse(address: str) -> dict[str, float]:
    """Lighthouse's mobile scores, or nothing (said loudly) where npm or Chromium is missing."""
    chromium = os.environ.get("BAOBAB_CHROMIUM") or shutil.which("chromium")
    if not shutil.which("npx") or not chromium:
        print("  ---- Lighthouse needs npm and Chromium: not measured")
        return {}
    port = address.rpartition(":")[2]
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "report.json")
        subprocess.run(
            ["npx", "--yes", LIGHTHOUSE, f"http://localhost:{port}/pricing/", "--quiet", "--output=json",
             f"--output-path={result}", "--only-categories=performance,accessibility,best-practices",
             "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking"],
            check=True, env={**os.environ, "CHROME_PATH": chromium, "PUPPETEER_SKIP_DOWNLOAD": "1"},
        )  # fmt: skip
        categories = json.loads(result.read_text())["categories"]
    return {name: category["score"] * 100 for name, category in categories.items()}


if __name__ == "__main__":
    main()
