"""Stripe's own library, made bounded and silent.

Of the package as released (16.1): requests share a connection per thread, which a fork would share too; an answer that
drips has no deadline and none has a size limit; whole URLs and bodies go into its log; and every call names this
machine's platform and Python. Its parameters are typed and its encoding is Stripe's own, so it stays, with our
transport as its HTTP client.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import stripe

from billing.providers import reasons
from billing.providers.base import ProviderRefused, ProviderUnavailable
from billing.providers.parsing import member, text_of
from billing.providers.transport import Transport

API_VERSION = "2026-10-28.endive"
TEST_KEYS = ("sk_test_", "rk_test_")
LIVE_KEYS = ("sk_live_", "rk_live_")
SENT_HEADERS = frozenset({"authorization", "content-type", "idempotency-key", "stripe-version"})
LOGGED_STEPS = frozenset({"v1", "checkout", "sessions", "payment_intents", "refunds", "disputes", "balance"})

logger = logging.getLogger("billing.providers.stripe")
logging.getLogger("stripe").setLevel(logging.CRITICAL)


class LiveKeyRefused(ValueError):
    """A key that moves real money was configured without saying so."""


@dataclass(frozen=True, slots=True)
class StripeConfig:
    """One Stripe account. Time-outs are in seconds.

    Only test keys are taken unless `allow_live` says otherwise: raises LiveKeyRefused, or ValueError for what is no
    secret key at all. `page_host_suffix` is another one for accounts whose Checkout is on their own domain.
    """

    secret_key: str = field(repr=False)
    webhook_secret: str = field(default="", repr=False)
    base_url: str = "https://api.stripe.com"
    allow_live: bool = False
    page_host_suffix: str = ".stripe.com"
    connect_timeout: float = 5
    read_timeout: float = 30

    def __post_init__(self) -> None:
        if self.is_live and not self.allow_live:
            raise LiveKeyRefused("a live Stripe key needs allow_live: until then, use a test key (sk_test_, rk_test_)")
        if not self.secret_key.startswith(TEST_KEYS + LIVE_KEYS):
            raise ValueError("not a secret key of Stripe: those begin with sk_test_, rk_test_, sk_live_ or rk_live_")

    @property
    def is_live(self) -> bool:
        """True for a key that moves real money."""
        return self.secret_key.startswith(LIVE_KEYS)


class Refusal(Exception):
    """A 4xx of Stripe, with its own code or kind for it; the text of the answer is not kept."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"HTTP {status} {code}".strip())
        self.status, self.code = status, code

    @property
    def detail(self) -> str:
        """For an operator."""
        return self.code or f"HTTP {self.status}"

    def as_refused(self, reason: str = reasons.MISCONFIGURED) -> ProviderRefused | ProviderUnavailable:
        """What the caller of a request for money is told: a clash of keys says that an earlier one is, or was, alive."""
        logger.error("Stripe refused a request", extra={"provider": "stripe", "status": self.status, "code": self.code})
        if self.status == 409 or self.code == "idempotency_error":
            return ProviderUnavailable(reasons.BEING_REVIEWED, self.detail)
        return ProviderRefused(reason, self.detail)

    def as_unknown(self) -> ProviderUnavailable:
        """What the caller of a question is told: it says nothing of the money."""
        logger.error(
            "Stripe refused a question", extra={"provider": "stripe", "status": self.status, "code": self.code}
        )
        return ProviderUnavailable(reasons.MISCONFIGURED, self.detail)


class TransportClient(stripe.HTTPClient):
    """The library's HTTP client, on our transport: it holds no connection, so it is safe across threads and forks."""

    name = "baobab"

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """A successful answer. Raises Refusal for a 4xx and ProviderUnavailable for what is no answer."""
        kept = {name: value for name, value in (headers or {}).items() if name.lower() in SENT_HEADERS}
        reply = self._transport.send(method.upper(), url, operation=_operation(url), headers=kept, data=post_data)
        reply.check_available()
        if reply.ok:
            reply.json()  # raises for what is not an object, which the library would take
            return reply.text, reply.status_code, reply.headers
        error = reply.json_or_empty().get("error")
        code = text_of(member(error, "code") or member(error, "type"), limit=80)
        raise Refusal(reply.status_code, code)

    def close(self) -> None:
        """Nothing is kept open."""


def stripe_client(config: StripeConfig) -> stripe.StripeClient:
    """Stripe's client for an account. It never repeats a request by itself: whoever calls does, with the same key."""
    transport = Transport(provider="stripe", connect_timeout=config.connect_timeout, read_timeout=config.read_timeout)
    return stripe.StripeClient(
        config.secret_key,
        base_addresses={"api": config.base_url.rstrip("/")},
        stripe_version=API_VERSION,
        max_network_retries=0,
        http_client=TransportClient(transport),
    )


def _operation(url: str) -> str:
    """What a log may say of a URL: its path without ids."""
    steps = urlsplit(url).path.split("/")
    return "/".join(step if step in LOGGED_STEPS else "-" for step in steps if step)
