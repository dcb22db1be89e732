"""How long the revenue page takes where much has been sold: 1,000 organisations of 40 months, 100,000 attempts to pay.

The rows are copies of what the real path made for one tenant, multiplied by SQL; the view is called through the whole
middleware chain in one process. The limit is for its queries together; the page, with all that is drawn and written, is told.

    python -m benchmarks.dashboard [--organisations 1000] [--runs 40]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

from benchmarks.support import Timing, measure, own_database, report

LIMIT = 0.100  # seconds
MONTHS = 40
ATTEMPTS = 100  # of each organisation; two of five succeed
SHORT = 6  # of the first, small measurement
PATH = "/backoffice/revenue/"

# Number `n` of an organisation as its currency: most pay in francs.
CURRENCY = "(ARRAY['XAF','XAF','XAF','XAF','XAF','XAF','XAF','XOF','XOF','EUR'])[n % 10 + 1]"
START = f"date_trunc('hour', now()) - interval '1 month' * ({MONTHS} - m) - interval '1 hour' * (n % 700)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--organisations", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=40)
    options = parser.parse_args()
    print(f"Revenue page: {options.organisations} organisations of {MONTHS} months")
    with own_database():
        fill(1, SHORT)
        few, _, _ = look(runs=3)
        fill(SHORT + 1, options.organisations)
        many, queries, page = look(runs=options.runs)
        print(f"  {counted()}; the whole page: {page}")
        claim = f"they take under {LIMIT * 1000:.0f} ms together"
        ok = [
            report("as many queries as with few organisations", f"{few} and {many}", holds=few == many),
            report(claim, str(queries), holds=queries.median < LIMIT),
        ]
    sys.exit(not all(ok))


def look(*, runs: int) -> tuple[int, Timing, Timing]:
    """How many queries the page takes, their time and its own, for an admin."""
    from django.db import connection

    from tests.support.factories import make_admin
    from tests.support.portal import on_platform

    client = on_platform(make_admin())
    taken: list[float] = []  # by each query of a visit
    together: list[float] = []  # by all of them, at each visit

    def timed(execute: Any, *arguments: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            taken.append(time.perf_counter() - started)

    def visit() -> None:
        taken.clear()
        client.get(PATH)
        together.append(sum(taken))

    client.get(PATH)
    with connection.execute_wrapper(timed):
        page = measure(visit, times=runs, warm_up=0)
    return len(taken), Timing(tuple(together)), page


def counted() -> str:
    """What there is, in words."""
    from billing.models import Payment, Subscription

    return f"{Subscription.objects.count()} subscriptions, {Payment.objects.count()} payments"


def fill(first: int, last: int) -> None:
    """Organisations number `first` to `last` with their subscriptions, orders, periods, history and payments."""
    from billing.models import Order, PaidPeriod, Payment, Subscription, SubscriptionEvent
    from provisioning.models import ProvisioningJob
    from shared_apps.organisations.models import Organisation

    every = f"generate_series({first}, {last}) AS n"
    months = f"{every}, generate_series(1, {MONTHS}) AS m"
    organisation = "md5('organisation' || n)::uuid"
    subscription, order = "md5('subscription' || n)::uuid", "md5('order' || n || '/' || m)::uuid"
    base = Payment.objects.filter(status="succeeded", order__organisation__isnull=False).earliest("created_at")
    kept = Order.objects.get(pk=base.order_id)
    is_late = "(n % 20 = 0)"  # one in twenty is suspended
    copy(Organisation, kept.organisation_id, every, id=organisation,
         schema_name="'t' || md5('schema' || n)", name="'Marché ' || n")  # fmt: skip
    copy(Subscription, kept.subscription_id, every, id=subscription, organisation_id=organisation, currency=CURRENCY,
         status=f"CASE WHEN {is_late} THEN 'suspended' ELSE 'active' END",
         hold=f"CASE WHEN {is_late} THEN 'unpaid' ELSE '' END",
         suspended_at=f"CASE WHEN {is_late} THEN now() - interval '1 day' * (n % 90) END",
         paid_until=f"now() + interval '1 day' * (CASE WHEN {is_late} THEN - (n % 90) - 7 ELSE n % 31 END)")  # fmt: skip
    copy(Order, kept.pk, months, id=order, number="'B' || n || '-' || m", kind="'renewal'", organisation_id=organisation,
         subscription_id=subscription, currency=CURRENCY, created_at=START, paid_at=START, idempotency_key="NULL",
         period_start=START, period_end=f"{START} + interval '1 month'", subdomain="''", subdomain_skeleton="''")  # fmt: skip
    copy(PaidPeriod, kept.periods.earliest("pk").pk, months, order_id=order, subscription_id=subscription, starts_at=START,
         currency=CURRENCY, ends_at=f"{START} + interval '1 month'")  # fmt: skip
    copy(SubscriptionEvent, kept.subscription.events.earliest("pk").pk, months, subscription_id=subscription, at=START,
         order_id=order, from_status="CASE m WHEN 1 THEN 'incomplete' ELSE 'active' END", to_status="'active'")  # fmt: skip
    copy(SubscriptionEvent, kept.subscription.events.earliest("pk").pk, every, where=is_late, subscription_id=subscription,
         at="now() - interval '1 day' * (n % 90)", order_id="NULL", from_status="'active'", to_status="'suspended'")  # fmt: skip
    attempts(base, every, order)
    copy(Order, kept.pk, every, where=is_late, id="md5('open' || n)::uuid", number="'O' || n", kind="'renewal'",
         organisation_id=organisation, subscription_id=subscription, status="'awaiting_payment'", received_minor="0",
         paid_at="NULL", fulfilled_at="NULL", currency=CURRENCY, idempotency_key="NULL", period_start="now()",
         period_end="now()", subdomain="''", subdomain_skeleton="''")  # fmt: skip
    copy(ProvisioningJob, kept.provisioning_job.pk, every, id="md5('job' || n)::uuid", lease_id="NULL", leased_until="NULL",
         order_id="md5('order' || n || '/1')::uuid", finished_at="now() - interval '1 day' * (n % 300)")  # fmt: skip
    tidy_up()


def tidy_up() -> None:
    """What the server does by itself as tables grow: learn what is in them, and which pages everybody sees."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")


def attempts(base: Any, every: str, order: str) -> None:
    """The payments: each month one that succeeded, and in between some that did not, by four methods."""
    from billing.models import Payment, PaymentMethod

    methods = ",".join(map(str, PaymentMethod.objects.values_list("pk", flat=True)))
    has_succeeded = f"(a <= {MONTHS})"
    month = order.replace("m)", f"(a - 1) % {MONTHS} + 1)")
    at = START.replace(" - m)", f" - ((a - 1) % {MONTHS} + 1))") + " + interval '10 minutes'"
    reasons = "(ARRAY['insufficient_funds','declined_by_payer','approval_expired','payer_not_found'])[a % 4 + 1]"
    copy(Payment, base.pk, f"{every}, generate_series(1, {ATTEMPTS}) AS a", id="md5('payment' || n || '/' || a)::uuid",
         order_id=month, method_id=f"(ARRAY[{methods}])[(n + a) % cardinality(ARRAY[{methods}]) + 1]",
         status=f"CASE WHEN {has_succeeded} THEN 'succeeded' WHEN a % 7 = 0 THEN 'cancelled' ELSE 'failed' END",
         currency=CURRENCY, received_currency=CURRENCY, charge_currency=CURRENCY, created_at=at,
         succeeded_at=f"CASE WHEN {has_succeeded} THEN {at} END", provider_ref="''", transaction_ref="''",
         received_minor=f"CASE WHEN {has_succeeded} THEN base.received_minor END", next_check_at="NULL",
         applied_minor=f"CASE WHEN {has_succeeded} THEN base.applied_minor ELSE 0 END",
         reason=f"CASE WHEN {has_succeeded} OR a % 7 = 0 THEN '' ELSE {reasons} END",
         idempotency_key="md5('key' || n || '/' || a)::uuid")  # fmt: skip


def copy(model: Any, key: Any, series: str, *, where: str = "true", **changed: str) -> None:
    """Insert copies of one row, one for each of a series, with some columns as SQL says."""
    from django.db import connection

    columns = [field.column for field in model._meta.concrete_fields if field.column != "id" or "id" in changed]
    values = ", ".join(changed.get(column, f'base."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} base, {series} WHERE base.id = '{key}' AND {where}"
        )


if __name__ == "__main__":
    main()
