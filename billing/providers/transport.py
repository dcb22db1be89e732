"""HTTP to payment providers: bounded in time and size, never redirected, and silent about secrets.

Only what a log may hold is ever logged: provider, operation, status and duration. Headers, bodies and URLs (which
can carry phone numbers) are not.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from billing.providers import reasons
from billing.providers.base import ProviderError, ProviderUnavailable

USER_AGENT = "Baobab/1.0"
MAX_ANSWER_BYTES = 1_000_000
CHUNK_BYTES = 16_384
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})

logger = logging.getLogger("billing.providers")
# urllib3 writes whole URLs, with the phone numbers in them, into its debug lines and warnings.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


def mask_phone(phone: str) -> str:
    """A phone number fit for a log: the first three and last two digits."""
    return f"{phone[:3]}***{phone[-2:]}" if len(phone) > 6 else "***"


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """A no-op `auth`: without one, requests would let a ~/.netrc entry replace our Authorization header."""
    return request


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer read to its end. `status_code` is named as the code of paypalrestsdk expects it."""

    status_code: int
    text: str
    headers: Mapping[str, str]
    reason: str = ""

    @property
    def ok(self) -> bool:
        """True for any 2xx."""
        return 200 <= self.status_code <= 299

    def json(self) -> dict[str, Any]:
        """The answer as a JSON object, its fractions as Decimal; raises ProviderUnavailable for anything else, as the
        outcome is unknown."""
        try:
            document = json.loads(self.text, parse_float=Decimal)
        except ValueError as error:
            raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, "the answer is not JSON") from error
        if not isinstance(document, dict):
            raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, "the answer is not a JSON object")
        return document

    def json_or_empty(self) -> dict[str, Any]:
        """As `json`, but {} where there is no JSON object: for error answers, whose status already says enough."""
        try:
            return self.json()
        except ProviderUnavailable:
            return {}

    def check_available(self, detail: str = "") -> None:
        """Raise ProviderUnavailable for 429, 5xx and redirects: none of them says what became of the money."""
        if self.status_code == 429 or self.status_code >= 500 or 300 <= self.status_code <= 399:
            raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, detail or f"HTTP {self.status_code}")


class Transport:
    """Sends requests of one provider. Holds no connection between calls, so it is safe across threads and forks."""

    def __init__(
        self, *, provider: str, connect_timeout: float, read_timeout: float, max_answer_bytes: int = MAX_ANSWER_BYTES
    ) -> None:
        self.provider = provider
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.max_answer_bytes = max_answer_bytes

    def send(
        self, method: str, url: str, *, operation: str, headers: Mapping[str, str], data: str | bytes | None = None
    ) -> Reply:
        """Send one request and read its answer, whatever its status.

        Raises ProviderUnavailable when there is no complete answer in time, or when it is too big.
        """
        started = time.monotonic()
        extra = {"provider": self.provider, "operation": operation, "method": method}
        try:
            reply = self._exchange(method, url, headers={"User-Agent": USER_AGENT, **headers}, data=data)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            failure = type(error).__name__  # its message would hold the URL
            logger.warning(
                "provider call failed", extra={**extra, "failure": failure, "seconds": _seconds_since(started)}
            )
            raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, failure) from None
        level = logging.INFO if reply.status_code < 400 else logging.WARNING
        logger.log(
            level, "provider call", extra={**extra, "status": reply.status_code, "seconds": _seconds_since(started)}
        )
        return reply

    def _exchange(self, method: str, url: str, *, headers: Mapping[str, str], data: str | bytes | None) -> Reply:
        deadline = time.monotonic() + self.connect_timeout + self.read_timeout
        body = data.encode() if isinstance(data, str) else data
        with requests.Session() as session:
            # Proxy settings of the environment are for the internet, not for a simulator on this machine.
            session.trust_env = urlsplit(url).hostname not in LOOPBACK_HOSTS
            with session.request(
                method,
                url,
                headers=dict(headers),
                data=body,
                timeout=(self.connect_timeout, self.read_timeout),
                allow_redirects=False,
                stream=True,
                auth=_keep_headers,
            ) as response:
                content = self._read(response, deadline)
                return Reply(
                    response.status_code,
                    content.decode("utf-8", errors="replace"),
                    response.headers,
                    response.reason or "",
                )

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        """The body, up to the size limit and the deadline (the socket's own time-out only bounds one read)."""
        content = bytearray()
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            content += chunk
            if len(content) > self.max_answer_bytes:
                raise requests.exceptions.ContentDecodingError("answer too big")
            if time.monotonic() > deadline:
                raise requests.exceptions.ReadTimeout("answer too slow")
        return bytes(content)


def _seconds_since(started: float) -> float:
    return round(time.monotonic() - started, 3)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and how many seconds the provider says it lives."""

    value: str
    expires_in: float


class TokenCache:
    """One access token per provider instance, fetched once however many threads need it.

    A token is given up `margin` seconds before it ends (or half-way, for one that lives less than twice that).
    """

    def __init__(
        self, fetch: Callable[[], Token], *, margin: float = 300, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._margin = margin
        self._clock = clock
        self._lock = threading.Lock()
        self._value = ""
        self._usable_until = 0.0
        self._failure: ProviderError | None = None
        self._failed_at = 0.0

    def get(self) -> str:
        """A token that is still good; raises what `fetch` raises.

        Threads that were waiting while a fetch failed share its failure, instead of timing out one after another.
        """
        asked_at = self._clock()
        with self._lock:
            if self._value and self._clock() < self._usable_until:
                return self._value
            if self._failure is not None and self._failed_at >= asked_at:
                raise type(self._failure)(self._failure.reason, self._failure.detail)
            return self._renew()

    def drop(self, value: str) -> None:
        """Forget a token the provider refused, unless another thread has replaced it already."""
        with self._lock:
            if self._value == value:
                self._value = ""

    def _renew(self) -> str:
        self._value = ""
        try:
            token = self._fetch()
        except ProviderError as error:
            self._failure, self._failed_at = error, self._clock()
            raise
        self._failure = None
        self._value = token.value
        self._usable_until = self._clock() + max(token.expires_in - self._margin, token.expires_in / 2)
        return token.value


def send_with_token(tokens: TokenCache, send: Callable[[str], Reply]) -> Reply:
    """What `send` is answered with a token; asked once more, with a new one, if the provider refuses it (401)."""
    token = tokens.get()
    reply = send(token)
    if reply.status_code != 401:
        return reply
    tokens.drop(token)
    return send(tokens.get())


def token_from(document: Mapping[str, Any]) -> Token:
    """Read an OAuth token answer; raises ProviderUnavailable when it holds no token."""
    value = document.get("access_token")
    if not isinstance(value, str) or not value:
        raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, "no access token in the answer")
    expires_in = document.get("expires_in")
    seconds = float(expires_in) if isinstance(expires_in, int | Decimal) and expires_in > 0 else 300.0
    return Token(value, seconds)
