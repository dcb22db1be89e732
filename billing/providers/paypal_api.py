"""PayPal's HTTP: `paypalrestsdk.Api` with the parts replaced that are not safe for taking money.

Of the package as released (1.13.3): requests have no time-out, a 401 from the API makes it call itself without end,
a 400 is returned as if it were an answer, custom headers also go to the token call, the token is not locked and is
used until its last second, and the sandbox log prints credentials. `WebhookEvent.verify` cannot work with a current
pyOpenSSL and fetches any URL it is given, so it is never used.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import paypalrestsdk
from paypalrestsdk import exceptions as sdk_errors

from billing.providers import reasons
from billing.providers.base import ProviderUnavailable
from billing.providers.parsing import member, text_of
from billing.providers.transport import USER_AGENT, Token, TokenCache, Transport, token_from

OAUTH_PATH = "/v1/oauth2/token"

logger = logging.getLogger("billing.providers.paypal")


@dataclass(frozen=True, slots=True)
class PayPalConfig:
    """One PayPal REST app and the merchant account behind it. Time-outs are in seconds."""

    client_id: str
    client_secret: str = field(repr=False)
    base_url: str = "https://api-m.sandbox.paypal.com"
    webhook_id: str = ""
    merchant_id: str = ""
    brand_name: str = ""
    approve_host_suffix: str = ".paypal.com"
    connect_timeout: float = 5
    read_timeout: float = 20


class PayPalApi(paypalrestsdk.Api):
    """The package's client, made bounded: see this module's docstring. Safe across threads."""

    def __init__(self, config: PayPalConfig) -> None:
        super().__init__(
            # "live" whatever the host: the package's other mode logs headers and bodies.
            mode="live",
            endpoint=config.base_url.rstrip("/"),
            client_id=config.client_id,
            client_secret=config.client_secret,
        )
        self._transport = Transport(
            provider="paypal", connect_timeout=config.connect_timeout, read_timeout=config.read_timeout
        )
        self._tokens = TokenCache(self._fetch_token)

    def request(
        self,
        url: str,
        method: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        refresh_token: str | None = None,
    ) -> dict[str, Any]:
        """Send one API call, renewing the token once if PayPal refuses it.

        A string body is sent as it is, so that a webhook's bytes stay what they were. Raises ProviderUnavailable, or
        one of the package's ClientError for a 4xx.
        """
        data = body if isinstance(body, str) else None if body is None or method == "GET" else json.dumps(body)
        token = self._tokens.get()
        try:
            return self.http_call(url, method, data=data, headers=self._api_headers(token, headers))
        except sdk_errors.UnauthorizedAccess:
            self._tokens.drop(token)
        return self.http_call(url, method, data=data, headers=self._api_headers(self._tokens.get(), headers))

    def http_call(self, url: str, method: str, **kwargs: Any) -> dict[str, Any]:
        """One exchange through our transport; same errors as `request`."""
        reply = self._transport.send(
            method, url, operation=_operation(url), headers=kwargs["headers"], data=kwargs.get("data")
        )
        reply.check_available()
        if reply.ok:
            return reply.json() if reply.text else {}
        self.handle_response(reply, reply.text)
        raise ProviderUnavailable(reasons.PROVIDER_UNAVAILABLE, f"HTTP {reply.status_code}")

    def get_token_hash(
        self,
        authorization_code: str | None = None,
        refresh_token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The token in the package's own form. Headers of the API call are not passed on."""
        return {"access_token": self._tokens.get(), "token_type": "Bearer"}

    def headers(self, refresh_token: str | None = None, headers: Mapping[str, str] | None = None) -> dict[str, str]:
        """Headers of every API call."""
        return self._api_headers(self._tokens.get(), headers)

    def check_credentials(self) -> None:
        """Ask for a token whether or not there is one; raises as `request` does."""
        self._fetch_token()

    def _api_headers(self, token: str, extra: Mapping[str, str] | None) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": USER_AGENT,
            **(extra or {}),
        }

    def _fetch_token(self) -> Token:
        try:
            document = self.http_call(
                self.token_endpoint + OAUTH_PATH,
                "POST",
                data="grant_type=client_credentials",
                headers={
                    "Authorization": f"Basic {self.basic_auth()}",
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Accept": "application/json",
                    "User-Agent": USER_AGENT,
                },
            )
        except sdk_errors.ClientError as error:
            logger.error("PayPal refused our credentials", extra={"provider": "paypal", "status": status_of(error)})
            raise CredentialsRefused(reasons.MISCONFIGURED, f"token: HTTP {status_of(error)}") from None
        return token_from(document)


class CredentialsRefused(ProviderUnavailable):
    """PayPal gives no token for our credentials: certain that nothing was asked, unknown what was asked before."""


def status_of(error: sdk_errors.ConnectionError) -> int:
    """The HTTP status of one of the package's errors."""
    return int(error.response.status_code)


def issue_of(error: sdk_errors.ConnectionError) -> str:
    """PayPal's own code for a 4xx: the first detail's issue, else the error's name."""
    try:
        document = json.loads(error.content or "")
    except ValueError:
        return ""
    return text_of(member(document, "details", 0, "issue") or member(document, "name"), limit=80)


def _operation(url: str) -> str:
    """What a log may say of a URL: its path without ids."""
    steps = urlsplit(url).path.split("/")
    return "/".join(step if step.islower() else "-" for step in steps if step)
