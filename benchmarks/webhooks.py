"""How fast webhooks are answered while 200 a second arrive for half a minute, and whether each of them is kept.

Real processes: gunicorn and the workers as in `make run`, the payment simulator as the providers, and a sender that does
not wait for answers. MTN's callbacks about many payments and PayPal's signed events, some of them twice.

    python -m benchmarks.webhooks [--rate 200] [--seconds 30]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import redis

from baobab.runtime.run import WORKERS, worker_command
from benchmarks.support import ROOT, Processors, own_database, process, report, wait_until, web_server

P99_LIMIT = 0.050  # seconds
PAYMENTS = 60  # of each provider
PAYPAL_SHARE = 0.3
SENT_TWICE = 0.05
WARM_UP = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    print(f"Webhooks: {options.rate} a second for {options.seconds} s")
    os.environ["REDIS_URL"] = own_redis(os.environ["REDIS_URL"])
    with ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "payments.sqlite3"
        providers = start_providers(stack, state)
        stack.enter_context(own_database(pages=False))
        requests = mixed(state, count=WARM_UP + options.rate * options.seconds)
        address = stack.enter_context(web_server(workers=2))
        start_workers(stack, "worker-webhooks", "worker-providers", "worker")
        send(address, requests[:WARM_UP], rate=50)
        processors = Processors()
        answered = send(address, requests[WARM_UP:], rate=options.rate)
        holds = judge(answered, sent=requests, stolen=processors.stolen())
        print(f"       providers were asked {providers.calls('momo.get_request')} times meanwhile")
    sys.exit(not holds)


def own_redis(url: str) -> str:
    """An empty Redis database for this alone: no tasks and no counts of an earlier run."""
    base, _, _number = url.rpartition("db=") if "db=" in url else (f"{url}?", "", "")
    own = f"{base}db=9"
    redis.Redis.from_url(own).flushdb()
    return own


def start_providers(stack: ExitStack, state: Path) -> Any:
    """The payment simulator, and the platform's settings pointed at it."""
    from tests.simulators.payments.runner import start_simulator

    simulator = start_simulator(state=state)
    stack.callback(simulator.stop)
    os.environ["PAYMENT_SIMULATOR_URL"] = simulator.url
    return simulator


def start_workers(stack: ExitStack, *names: str) -> None:
    """The workers of these names, each ready: while they load they would take what is measured its processors."""
    from baobab.celery import app

    for name in names:
        stack.enter_context(process(*worker_command(*WORKERS[name]), quiet=True))
    wait_until(lambda: len(app.control.ping(timeout=1)) == len(names))


def mixed(state: Path, *, count: int) -> list[dict[str, Any]]:
    """So many deliveries in a random order that is the same at each run."""
    dice = random.Random(4)
    ours, theirs = callbacks(open_payments("mtn_momo")), events(open_payments("paypal"), state)
    wanted: list[dict[str, Any]] = []
    while len(wanted) < count:
        wanted.append(next(theirs if dice.random() < PAYPAL_SHARE else ours))
        if dice.random() < SENT_TWICE:
            wanted.append(wanted[-1])
    return wanted[:count]


def open_payments(method: str) -> list[Any]:
    from billing.services.payments import start_payment
    from tests.support.factories import make_order

    phone = "237670000000" if method == "mtn_momo" else ""
    return [start_payment(order_id=make_order().pk, method=method, phone=phone) for _ in range(PAYMENTS)]


def callbacks(payments: list[Any]) -> Iterator[dict[str, Any]]:
    """MTN's: unsigned, each to the secret address of its payment."""
    from billing.signing import callback_token

    for number, payment in enumerate(itertools.cycle(payments)):
        body = {"financialTransactionId": str(10**9 + number), "externalId": str(payment.pk), "amount": "25000",
                "currency": "XAF", "payer": {"partyIdType": "MSISDN", "partyId": payment.phone}, "status": "PENDING"}  # fmt: skip
        yield {
            "method": "PUT",
            "path": f"/hooks/momo/{payment.pk}/{callback_token(payment.pk)}/",
            "headers": {"Content-Type": "application/json"},
            "body": json.dumps(body),
        }


def events(payments: list[Any], state: Path) -> Iterator[dict[str, Any]]:
    """PayPal's, signed with the simulator's key."""
    from tests.simulators.payments.settings import PAYPAL_WEBHOOK_ID
    from tests.simulators.payments.state import State
    from tests.simulators.payments.webhooks import AUTH_ALGORITHM, CERTIFICATE_ID, Signer, now_text

    signer = Signer(State(state))
    for payment in itertools.cycle(payments):
        related = {"related_ids": {"order_id": payment.provider_ref}}
        resource = {
            "id": uuid.uuid4().hex,
            "status": "PENDING",
            "custom_id": str(payment.pk),
            "supplementary_data": related,
        }
        body = json.dumps({"id": f"WH-{uuid.uuid4()}", "event_type": "PAYMENT.CAPTURE.PENDING",
                           "resource_type": "capture", "create_time": now_text(), "resource": resource})  # fmt: skip
        sent = {"transmission_id": str(uuid.uuid4()), "sent_at": now_text()}
        signature = signer.sign(**sent, webhook_id=PAYPAL_WEBHOOK_ID, body=body.encode())
        headers = {
            "Content-Type": "application/json",
            "PayPal-Transmission-Id": sent["transmission_id"],
            "PayPal-Transmission-Time": sent["sent_at"],
            "PayPal-Cert-Url": f"{os.environ['PAYMENT_SIMULATOR_URL']}/v1/notifications/certs/{CERTIFICATE_ID}",
            "PayPal-Auth-Algo": AUTH_ALGORITHM,
            "PayPal-Transmission-Sig": signature,
        }
        yield {"method": "POST", "path": "/hooks/paypal/", "headers": headers, "body": body}


def send(address: str, requests: list[dict[str, Any]], *, rate: float) -> dict[str, Any]:
    """Have another process send these at that rate; what it measured."""
    command = [sys.executable, "-m", "benchmarks.load", "--address", address, "--rate", str(rate)]
    lines = "\n".join(map(json.dumps, requests))
    done = subprocess.run(command, cwd=ROOT, env=os.environ, input=lines, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def judge(answered: dict[str, Any], *, sent: list[dict[str, Any]], stolen: float) -> bool:
    from django.db.models import Count, Sum

    from billing.models import WebhookEvent

    seconds = sorted(answered["seconds"])
    at = {share: seconds[min(len(seconds) - 1, int(len(seconds) * share))] for share in (0.5, 0.99)}
    kept = WebhookEvent.objects.aggregate(events=Count("pk"), deliveries=Sum("copies"))
    different = len({(one["path"], one["body"]) for one in sent})
    times = f"median {at[0.5] * 1000:.1f} ms, 99 % {at[0.99] * 1000:.1f}, worst {seconds[-1] * 1000:.1f}"
    return all(
        [
            report(
                f"answered in under {P99_LIMIT * 1000:.0f} ms, 99 of 100",
                f"{times}; {len(seconds) / answered['taken']:.0f} a second; "
                f"{stolen:.1%} of the processors' time went to other machines of the host",
                holds=at[0.99] < P99_LIMIT and answered["statuses"] == {"200": len(seconds)},
            ),
            report(
                "none lost, none doubled",
                f"{len(sent)} sent, {kept['deliveries']} kept as {kept['events']} events of {different}; "
                f"answers {answered['statuses']}",
                holds=kept == {"events": different, "deliveries": len(sent)},
            ),
        ]
    )


if __name__ == "__main__":
    main()
