"""Start the payment simulator as a process of its own, and talk to its control door.

For tests, for the local runtime and for end-to-end runs alike.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import requests

from tests.simulators.payments import settings as simulated

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 20.0
CONTROL_SECONDS = 70.0
Document = dict[str, Any]


class SimulatorFailed(RuntimeError):
    """The simulator did not start, or refused what the control door was asked."""


@dataclass(slots=True)
class SimulatorHandle:
    """A running simulator. `url` is what a provider's `base_url` is set to."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._session.trust_env = False

    def reset(self) -> None:
        """Forget orders, requests, tokens, counts and faults."""
        self._post("reset")

    def fault(self, provider: str, operation: str, kind: str, **options: Any) -> None:
        """Plan a fault; see `faults.py` for kinds and options (times, seconds, status, issue)."""
        self._post("faults", [{"provider": provider, "operation": operation, "kind": kind, **options}])

    def end_faults(self) -> None:
        """Drop the faults that are still planned; what happened stays."""
        self._post("faults/end")

    def approve_paypal(self, order_id: str) -> None:
        """The payer agrees on PayPal's page."""
        self._post(f"paypal/{order_id}/approve")

    def expire_paypal(self, order_id: str) -> None:
        """PayPal forgets an order."""
        self._post(f"paypal/{order_id}/expire")

    def settle_paypal_capture(self, order_id: str, status: str) -> None:
        """PayPal decides on a capture that it held back."""
        self._post(f"paypal/{order_id}/capture", {"status": status})

    def refund_outside(
        self, capture_id: str, value: str = "", *, currency: str = "EUR", status: str = "COMPLETED"
    ) -> str:
        """The seller gives money back on PayPal's own pages, all of it unless `value` says how much; the refund's id."""
        amount = {"value": value, "currency_code": currency} if value else None
        return str(self._post(f"paypal/captures/{capture_id}/refund", {"amount": amount, "status": status})["id"])

    def settle_refund(self, provider: str, refund_ref: str, status: str, reason: str = "") -> None:
        """PayPal or MTN decides on a refund that was pending."""
        self._post(f"{provider}/refunds/{refund_ref}", {"status": status, "reason": reason})

    def open_dispute(self, capture_id: str, **options: Any) -> str:
        """The payer complains of a capture at PayPal (amount, reason); the dispute's id."""
        return str(self._post(f"paypal/captures/{capture_id}/dispute", options)["dispute_id"])

    def end_dispute(self, dispute_id: str, outcome: str) -> None:
        """PayPal decides on a dispute, by one of its outcome codes."""
        self._post(f"paypal/disputes/{dispute_id}", {"outcome": outcome})

    def decide_momo(self, reference: str, status: str, reason: str = "") -> None:
        """The payer, or MTN, decides on a request to pay."""
        self._post(f"momo/{reference}/decide", {"status": status, "reason": reason})

    def decide(self, provider: str, ref: str, **decision: Any) -> None:
        """What payer or provider decides at Stripe, Wave, Orange or Moov; see `control_tenants.py` for decisions."""
        self._post(f"decide/{provider}/{ref}", decision)

    def tell(self, provider: str, ref: str, event_type: str = "", **options: Any) -> None:
        """Send an event of a Stripe or Wave session, or Orange's notice (forged, age)."""
        self._post(f"tell/{provider}/{ref}", {"event_type": event_type, **options})

    def tenants(self) -> Document:
        """What Stripe, Wave, Orange and Moov were asked for, by their own ids."""
        return dict(self._session.get(f"{self._local}/_control/tenants", timeout=CONTROL_SECONDS).json())

    def stripe_refund_outside(self, intent_id: str, units: int | None = None) -> str:
        """The seller gives money back on Stripe's own pages; the refund's id."""
        return str(self._post(f"stripe/payments/{intent_id}/refund", {"amount": units})["id"])

    def stripe_dispute(self, intent_id: str, status: str) -> str:
        """The payer's bank takes a payment back, or ends that with its status; the dispute's id."""
        return str(self._post(f"stripe/payments/{intent_id}/dispute", {"status": status})["dispute_id"])

    def set_momo_account(self, msisdn: str, *, active: bool) -> None:
        """Switch a number's wallet on or off."""
        self._post("momo/accounts", {"msisdn": msisdn, "active": active})

    def set_webhook(self, provider: str, url: str, webhook_id: str = "") -> None:
        """Where a provider sends webhooks from now on; survives a reset."""
        self._post("webhooks", {"provider": provider, "url": url, "webhook_id": webhook_id})

    def set_momo_callback_host(self, host: str) -> None:
        """The host that is registered with MTN's API user; "" takes this machine's names."""
        self._post("webhooks", {"callback_host": host})

    def send_webhooks(self, provider: str, **options: Any) -> list[int]:
        """Send webhooks of an order (`order=`) or a request to pay (`ref=`); returns the statuses that came back.

        Options: event_type, copies, parallel, delay, forged, reorder, url, wait.
        """
        return list(self._post("webhooks/send", {"provider": provider, **options})["statuses"])

    def state(self) -> Document:
        """Calls per operation, money charged, deliveries."""
        return dict(self._session.get(f"{self._local}/_control/state", timeout=CONTROL_SECONDS).json())

    def calls(self, operation: str) -> int:
        """How often an operation ("paypal.capture") was called since the last reset."""
        return int(self.state()["calls"].get(operation, 0))

    def paypal_settings(self) -> dict[str, str]:
        """Credentials for a PayPal client of this simulator."""
        return {"base_url": self.url, **paypal_credentials()}

    def momo_settings(self) -> dict[str, str]:
        """Credentials for an MTN client of this simulator; environment and currency are the caller's choice."""
        return {"base_url": self.url, **momo_credentials()}

    def stripe_settings(self) -> dict[str, str]:
        """Keys for a Stripe client of this simulator."""
        return {
            "base_url": f"{self.url}/stripe",
            "secret_key": simulated.STRIPE_SECRET_KEY,
            "webhook_secret": simulated.STRIPE_WEBHOOK_SECRET,
        }

    def wave_settings(self) -> dict[str, str]:
        """Keys for a Wave client of this simulator."""
        return {
            "base_url": f"{self.url}/wave",
            "api_key": simulated.WAVE_API_KEY,
            "webhook_secret": simulated.WAVE_WEBHOOK_SECRET,
        }

    def orange_settings(self) -> dict[str, str]:
        """Keys for an Orange client of this simulator; country and currency are the caller's choice."""
        return {
            "base_url": f"{self.url}/orange",
            "client_id": simulated.ORANGE_CLIENT_ID,
            "client_secret": simulated.ORANGE_CLIENT_SECRET,
            "merchant_key": simulated.ORANGE_MERCHANT_KEY,
        }

    def moov_settings(self) -> dict[str, str]:
        """Address and token for a Moov client of this simulator."""
        return {"base_url": f"{self.url}/moov/com.tlc.merchant.api/UssdPush", "token": simulated.MOOV_TOKEN}

    def stop(self) -> None:
        """End the process and wait for it."""
        self._session.close()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        if self.process.stdin:
            self.process.stdin.close()

    @property
    def _local(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _post(self, path: str, body: object = None) -> Document:
        answer = self._session.post(f"{self._local}/_control/{path}", json=body or {}, timeout=CONTROL_SECONDS)
        if not answer.ok:
            raise SimulatorFailed(f"{path}: {answer.status_code} {answer.text[:300]}")
        return dict(answer.json())


def paypal_credentials() -> dict[str, str]:
    """What the simulated PayPal knows its only client by."""
    return {
        "client_id": simulated.PAYPAL_CLIENT_ID,
        "client_secret": simulated.PAYPAL_CLIENT_SECRET,
        "webhook_id": simulated.PAYPAL_WEBHOOK_ID,
        "merchant_id": simulated.PAYPAL_MERCHANT_ID,
    }


def momo_credentials() -> dict[str, str]:
    """What the simulated MTN knows its only client by."""
    return {
        "subscription_key": simulated.MOMO_SUBSCRIPTION_KEY,
        "user_id": simulated.MOMO_USER_ID,
        "api_key": simulated.MOMO_API_KEY,
        "disbursement_subscription_key": simulated.MOMO_DISBURSEMENT_SUBSCRIPTION_KEY,
        "disbursement_user_id": simulated.MOMO_DISBURSEMENT_USER_ID,
        "disbursement_api_key": simulated.MOMO_DISBURSEMENT_API_KEY,
    }


def start_simulator(
    *,
    port: int = 0,
    public_url: str = "",
    state: Path | None = None,
    arguments: tuple[str, ...] = (),
    log: IO[bytes] | None = None,
) -> SimulatorHandle:
    """Start a simulator and wait until it listens; raises SimulatorFailed.

    It ends with `stop()`, and also by itself when the process that started it is gone. `arguments` are further ones
    of `python -m tests.simulators.payments`.
    """
    with tempfile.TemporaryDirectory(prefix="payments-") as folder:
        port_file = Path(folder) / "port"
        command = [sys.executable, "-m", "tests.simulators.payments", "--port", str(port), "--end-with-stdin"]
        command += ["--port-file", str(port_file), "--public-url", public_url, *arguments]
        if state is not None:
            command += ["--state", str(state)]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log)
        actual = _wait_for_port(port_file, process)
    return SimulatorHandle(url=public_url.rstrip("/") or f"http://127.0.0.1:{actual}", port=actual, process=process)


def _wait_for_port(port_file: Path, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if port_file.exists():
            return int(port_file.read_text())
        if process.poll() is not None:
            break
        time.sleep(0.02)
    process.kill()
    raise SimulatorFailed(f"the payment simulator did not start (exit status {process.poll()})")
