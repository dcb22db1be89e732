"""Signs and sends what providers send by themselves, from threads of its own.

PayPal's messages are signed as PayPal signs them: RSA-SHA256 over `transmission id|time|webhook id|crc32 of the body`,
with a key and a certificate of the simulator's own. Stripe's and Wave's carry an HMAC over time and body. MTN's and
Orange's carry no signature at all.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import itertools
import json
import threading
import time
import uuid
import zlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.simulators.payments.settings import (
    PAYPAL_WEBHOOK_ID,
    STRIPE_WEBHOOK_SECRET,
    WAVE_OLD_WEBHOOK_SECRET,
    WAVE_WEBHOOK_SECRET,
    Settings,
)
from tests.simulators.payments.state import State

AUTH_ALGORITHM = "SHA256withRSA"
CERTIFICATE_ID = "CERT-SIMULATOR-1"
SEND_TIMEOUT = 10
# Header, what stands between time and body, and the secrets: Wave signs with two while a secret is being changed.
HMAC_SIGNED = {
    "stripe": ("Stripe-Signature", b".", (STRIPE_WEBHOOK_SECRET,)),
    "wave": ("Wave-Signature", b"", (WAVE_OLD_WEBHOOK_SECRET, WAVE_WEBHOOK_SECRET)),
}


def now_text() -> str:
    """The time as PayPal writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Signer:
    """The simulator's PayPal key, made once and kept with the state."""

    def __init__(self, state: State) -> None:
        with state.lock:
            identity = state.get("identity", "paypal")
            if identity is None:
                identity = _new_identity()
                state.put("identity", "paypal", identity)
        key = serialization.load_pem_private_key(identity["key"].encode(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._key = key
        self.certificate: str = identity["certificate"]

    def sign(self, *, transmission_id: str, sent_at: str, webhook_id: str, body: bytes) -> str:
        """The signature header's value."""
        message = _message(transmission_id, sent_at, webhook_id, body)
        return base64.b64encode(self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()

    def is_signed(self, *, signature: str, transmission_id: str, sent_at: str, webhook_id: str, body: bytes) -> bool:
        """True when this key signed exactly these bytes for this webhook."""
        message = _message(transmission_id, sent_at, webhook_id, body)
        try:
            raw = base64.b64decode(signature, validate=True)
            self._key.public_key().verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


def _message(transmission_id: str, sent_at: str, webhook_id: str, body: bytes) -> bytes:
    return f"{transmission_id}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()


def _new_identity() -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Payment simulator")])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return {
        "key": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "certificate": certificate.public_bytes(serialization.Encoding.PEM).decode(),
    }


class Sender:
    """Delivers messages, retries what is not answered 2xx, and writes down how each went."""

    def __init__(self, state: State, signer: Signer, settings: Settings) -> None:
        self._state, self._signer, self._settings = state, signer, settings
        self._pool = ThreadPoolExecutor(max_workers=64, thread_name_prefix="webhook")
        self._due: list[tuple[float, int, Callable[..., object], tuple[object, ...]]] = []
        self._due_changed = threading.Condition()
        self._order = itertools.count()  # decides between waits that end together
        threading.Thread(target=self._run_what_is_due, daemon=True).start()

    def later(self, seconds: float, action: Callable[..., object], *arguments: object) -> None:
        """Run something after a while, off the request."""
        with self._due_changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), action, arguments))
            self._due_changed.notify()

    def _run_what_is_due(self) -> None:
        """One thread for all waits: a busy simulator has thousands."""
        while True:
            with self._due_changed:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._due_changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                _, _, action, arguments = heapq.heappop(self._due)
            self._pool.submit(action, *arguments)

    def paypal(
        self, event: dict[str, Any], *, forged: bool = False, retry: bool = True, delay: float = 0
    ) -> Future[int] | None:
        """Send an event to PayPal's webhook URL; None when there is none. A forged one has somebody else's signature."""
        target = self._state.get("webhook_target", "paypal") or {}
        url = target.get("url") or self._settings.paypal_webhook_url
        if not url:
            return None
        body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        headers = self._paypal_headers(body, target.get("webhook_id") or PAYPAL_WEBHOOK_ID, forged)
        return self._submit("POST", url, headers, body, event["id"], retry, delay)

    def timed(
        self, provider: str, event: dict[str, Any], *, forged: bool = False, age: float = 0
    ) -> Future[int] | None:
        """Send an event to Stripe's or Wave's webhook URL, signed `age` seconds ago; None when there is none."""
        url = (self._state.get("webhook_target", provider) or {}).get("url")
        if not url:
            return None
        name, separator, secrets = HMAC_SIGNED[provider]
        body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        sent_at = str(int(time.time() - age))
        keys = ("somebody else's",) if forged else secrets
        marks = [
            hmac.new(key.encode(), sent_at.encode() + separator + body, hashlib.sha256).hexdigest() for key in keys
        ]
        signature = ",".join([f"t={sent_at}", *(f"v1={mark}" for mark in marks)])
        headers = {"Content-Type": "application/json", name: signature}
        return self._submit("POST", url, headers, body, event["id"], True, 0)

    def callback(
        self, url: str, document: dict[str, Any], *, reference: str, method: str = "PUT", delay: float = 0
    ) -> Future[int] | None:
        """Send an unsigned callback, once: neither MTN nor Orange repeats them."""
        if not url:
            return None
        headers = {"Content-Type": "application/json"}
        return self._submit(method, url, headers, json.dumps(document).encode(), reference, False, delay)

    def _paypal_headers(self, body: bytes, webhook_id: str, forged: bool) -> dict[str, str]:
        transmission_id, sent_at = str(uuid.uuid4()), now_text()
        signed = b"{}" if forged else body
        return {
            "Content-Type": "application/json",
            "User-Agent": "PayPal/AUHD-1.0-1",
            "PAYPAL-TRANSMISSION-ID": transmission_id,
            "PAYPAL-TRANSMISSION-TIME": sent_at,
            "PAYPAL-CERT-URL": f"{self._settings.public_url}/v1/notifications/certs/{CERTIFICATE_ID}",
            "PAYPAL-AUTH-ALGO": AUTH_ALGORITHM,
            "PAYPAL-TRANSMISSION-SIG": self._signer.sign(
                transmission_id=transmission_id, sent_at=sent_at, webhook_id=webhook_id, body=signed
            ),
        }

    def _submit(
        self, method: str, url: str, headers: dict[str, str], body: bytes, message_id: str, retry: bool, delay: float
    ) -> Future[int]:
        waits = self._settings.webhook_retry_delays if retry else ()
        return self._pool.submit(self._deliver, method, url, headers, body, message_id, waits, delay)

    def _deliver(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes,
        message_id: str,
        waits: tuple[float, ...],
        delay: float,
    ) -> int:
        """The last status, 0 when nobody answered."""
        status = 0
        for wait in (delay, *waits):
            time.sleep(wait)
            status = self._send_once(method, url, headers, body)
            self._state.put(
                "delivery", str(uuid.uuid4()), {"message_id": message_id, "method": method, "status": status}
            )
            if 200 <= status <= 299:
                break
        return status

    def _send_once(self, method: str, url: str, headers: dict[str, str], body: bytes) -> int:
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(
                    method, url, headers=headers, data=body, timeout=SEND_TIMEOUT, allow_redirects=False
                )
                return answer.status_code
        except requests.RequestException:
            return 0
