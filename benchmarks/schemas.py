"""Creating a tenant's schema: against the bare DDL on one connection, and against stock django-tenants.

python -m benchmarks.schemas [--runs 20] [--stock-runs 3]
"""

from __future__ import annotations

import argparse
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from benchmarks.support import measure, own_database, report

BARE_LIMIT = 1.3
STOCK_LIMIT = 15
AT_ONCE = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--stock-runs", type=int, default=3)
    options = parser.parse_args()
    print("Creating a schema (product: store)")
    with own_database():
        ours, bare = measure_both(options.runs)
        stock = measure_stock(options.stock_runs)
        alone, each, failed = measure_at_once()
        ok = [
            report(
                f"within ×{BARE_LIMIT} of one connection running the same DDL",
                f"×{ours.median / bare.median:.2f} (ours {ours}; bare {bare})",
                holds=ours.median < bare.median * BARE_LIMIT,
            ),
            report(
                f"at least {STOCK_LIMIT}× faster than stock django-tenants",
                f"{stock.median / ours.median:.0f}× (stock {stock})",
                holds=stock.median >= ours.median * STOCK_LIMIT,
            ),
            report(
                f"{AT_ONCE} created at once do not fail or slow one another",
                f"{failed} failed; per schema ×{each.median / alone.median:.2f} of one alone (alone {alone}; each {each})",
                holds=failed == 0 and each.median <= alone.median,
            ),
        ]
    sys.exit(not all(ok))


def new_name() -> str:
    return f"t{uuid.uuid4().hex}"


def measure_both(times: int):  # type: ignore[no-untyped-def]  # see benchmarks.support.Timing
    """Ours through the service, and the same statements in simple text on a plain connection, taken in turns."""
    from benchmarks.support import Timing
    from provisioning.database import owner_connection
    from provisioning.services.schemas import create_schema, statements_for

    def ours() -> None:
        with owner_connection() as owner:
            create_schema(owner, schema_name=new_name(), product="store")

    with owner_connection() as plain:

        def bare() -> None:
            with plain.transaction():
                for statement in statements_for(plain, schema_name=new_name(), product="store"):
                    plain.execute(statement.encode(), prepare=False)

        mine, theirs = [], []
        for _ in range(times):
            mine += measure(ours, times=1, warm_up=0).seconds
            theirs += measure(bare, times=1, warm_up=0).seconds
    return Timing(tuple(mine[1:])), Timing(tuple(theirs[1:]))


def measure_stock(times: int):  # type: ignore[no-untyped-def]
    """What django-tenants does by itself: CREATE SCHEMA, then every migration."""
    from django.conf import settings
    from django.core.management import call_command
    from django.core.management.commands.migrate import Command as MigrateCommand
    from django.db import connection
    from django_tenants.utils import tenant_context

    from provisioning.database import owner_connection, quoted
    from provisioning.services.templates import _ScratchTenant

    connection.close()
    connection.close_pool()
    app_user = connection.settings_dict["USER"]
    owner_url = settings.DATABASE_OWNER_URL
    from psycopg.conninfo import conninfo_to_dict

    connection.settings_dict["USER"] = conninfo_to_dict(owner_url).get("user")
    settings.DB_ACCOUNT = "owner"

    def stock() -> None:
        name = new_name()
        with owner_connection() as owner:
            owner.execute(f"CREATE SCHEMA {quoted(owner, name)}")
        with tenant_context(_ScratchTenant("store", name)):
            call_command(MigrateCommand(), verbosity=0, interactive=False, skip_checks=True)

    try:
        return measure(stock, times=times, warm_up=0)
    finally:
        connection.close()
        connection.close_pool()
        connection.settings_dict["USER"] = app_user
        settings.DB_ACCOUNT = "app"


def measure_at_once(rounds: int = 7):  # type: ignore[no-untyped-def]
    """One schema alone and ten by ten threads, in turns: both timings, per schema, and how many of the ten failed."""
    from benchmarks.support import Timing
    from provisioning.database import owner_connection
    from provisioning.services.schemas import create_schema

    def create(_: int = 0) -> None:
        with owner_connection() as owner:
            create_schema(owner, schema_name=new_name(), product="store")

    alone, each, failed = [], [], 0
    for _ in range(rounds):
        alone += measure(create, times=2, warm_up=0).seconds
        started = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            outcomes = [pool.submit(create, number) for number in range(AT_ONCE)]
        each.append((time.perf_counter() - started) / AT_ONCE)
        failed += sum(outcome.exception() is not None for outcome in outcomes)
    return Timing(tuple(alone)), Timing(tuple(each)), failed


if __name__ == "__main__":
    main()
