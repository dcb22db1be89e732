"""From "paid" to the first workspace page, with few and with many tenants present.

Real processes: the payment is committed here, a Celery worker provisions, the page comes from gunicorn. The clock runs
from the admin's verdict until the owner's first page has arrived, entered by hand-over.

    python -m benchmarks.workspaces [--runs 100] [--tenants 10,300]
"""

from __future__ import annotations

import argparse
import sys
import time

from baobab.runtime.run import WORKERS, worker_command
from benchmarks.support import Timing, get, own_database, process, report, web_server

MEDIAN_LIMIT = 0.3  # seconds
WORST_LIMIT = 1.0
FLAT_LIMIT = 1.25  # median with many tenants against median with few


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--tenants", default="10,300")
    options = parser.parse_args()
    print("Paid → first workspace page")
    with own_database(), web_server() as address, process(*worker_command(*WORKERS["worker"]), quiet=True):
        timings = {}
        for present in [int(number) for number in options.tenants.split(",")]:
            fill_up_to(present)
            paid_to_page(address)
            timings[present] = Timing(tuple(paid_to_page(address) for _ in range(options.runs)))
        ok = [judge(present, timing) for present, timing in timings.items()]
        few, many = min(timings), max(timings)
        ratio = timings[many].median / timings[few].median
        ok.append(
            report(
                f"flat from {few} to {many} tenants", f"×{ratio:.2f} (limit ×{FLAT_LIMIT})", holds=ratio < FLAT_LIMIT
            )
        )
    sys.exit(not all(ok))


def judge(present: int, timing: Timing) -> bool:
    return report(
        f"{present} tenants present: median under {MEDIAN_LIMIT} s, worst under {WORST_LIMIT} s",
        f"{timing}; {timing.median / MEDIAN_LIMIT:.2f} and {timing.worst / WORST_LIMIT:.2f} of the limits",
        holds=timing.median < MEDIAN_LIMIT and timing.worst < WORST_LIMIT,
    )


def fill_up_to(tenants: int) -> None:
    """Make tenants by the real path until so many are present."""
    from shared_apps.organisations.models import Organisation
    from tests.support.factories import make_order, pay_by_transfer

    while (present := Organisation.objects.count()) < tenants:
        order = make_order(product=("store", "events", "esxi")[present % 3])
        pay_by_transfer(order)
        wait_for(order)


def paid_to_page(address: str) -> float:
    """Seconds from an approved payment to the first page, for one new tenant."""
    from django.conf import settings

    from billing.models import Payment
    from billing.services.payments import start_payment
    from billing.services.resolve import resolve_payment
    from provisioning.services.people import prepare_entry
    from shared_apps.accounts.handover import handover_url
    from shared_apps.organisations.current import as_tenant
    from tests.support.factories import make_order

    order = make_order(product="store")
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    Payment.objects.filter(pk=payment.pk).update(
        decision_approved=True, decision_reference=order.number, decided_at=payment.created_at,
        received_minor=payment.charge_minor, received_currency=payment.charge_currency,
    )  # fmt: skip
    started = time.perf_counter()
    resolve_payment(payment.pk)
    wait_for(order)
    tenant = as_tenant(order.organisation)
    account_id = prepare_entry(membership=order.organisation.memberships.get(user=order.user))
    path = "/enter/" + handover_url(account_id=account_id, tenant=tenant).split("/enter/")[1]
    status, headers, _ = get(f"http://{address}{path}", host=tenant.primary_host)
    assert status == 302, (status, path)
    cookie = "; ".join(line.split(";")[0] for line in headers.get_all("Set-Cookie", []))
    status, headers, body = get(
        f"http://{address}{settings.PRODUCTS['store'].home_path}", host=tenant.primary_host, cookie=cookie
    )
    if status == 302:
        status, _, body = get(f"http://{address}{headers['Location']}", host=tenant.primary_host, cookie=cookie)
    taken = time.perf_counter() - started
    assert status == 200, status
    assert tenant.name.encode() in body
    return taken


def wait_for(order) -> None:  # type: ignore[no-untyped-def]  # models are imported once Django is set up
    """Until the worker has fulfilled the order."""
    deadline = time.monotonic() + 30
    while order.status != "fulfilled":
        assert time.monotonic() < deadline, "not provisioned in 30 s"
        time.sleep(0.005)
        order.refresh_from_db()


if __name__ == "__main__":
    main()
