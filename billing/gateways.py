"""From a payment method's name to the client that speaks to its provider, configured by settings."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from billing.providers.bank_transfer import BankTransferConfig, BankTransferProvider
from billing.providers.base import Provider
from billing.providers.momo import MomoConfig, MomoProvider
from billing.providers.paypal import PayPalProvider
from billing.providers.paypal_api import PayPalConfig

PAYPAL = "paypal"
MTN_MOMO = "mtn_momo"
BANK_TRANSFER = "bank_transfer"
NAMES = (PAYPAL, MTN_MOMO, BANK_TRANSFER)


def base_url_of(name: str) -> str:
    """The provider's address now; frozen on each payment, because MTN answers only where the payment was taken."""
    return {PAYPAL: settings.PAYPAL, MTN_MOMO: settings.MOMO}.get(name, {}).get("base_url", "")


def gateway(name: str, base_url: str = "") -> Provider:
    """The provider behind a payment method, at the address a payment was made at; raises KeyError.

    One client per process and address: it keeps its access token.
    """
    return _client(name, base_url or base_url_of(name))


def forget_clients() -> None:
    """Make every client anew when it is asked for next: the settings have changed."""
    _client.cache_clear()


@lru_cache(maxsize=32)
def _client(name: str, base_url: str) -> Provider:
    return _BUILDERS[name](base_url)


def _paypal(base_url: str) -> Provider:
    return PayPalProvider(
        PayPalConfig(**{**settings.PAYPAL, "base_url": base_url, "brand_name": settings.PLATFORM_NAME})
    )


def _momo(base_url: str) -> Provider:
    return MomoProvider(
        MomoConfig(**{**settings.MOMO, "base_url": base_url, "callback_enabled": settings.MOMO_CALLBACKS})
    )


def momo() -> MomoProvider:
    """MTN's own client, for what only it can say: whether a number has a wallet."""
    provider = gateway(MTN_MOMO)
    if not isinstance(provider, MomoProvider):
        raise TypeError("the mtn_momo method is not MTN's client")
    return provider


def _bank_transfer(_: str) -> Provider:
    return BankTransferProvider(BankTransferConfig(**settings.BANK))


_BUILDERS = {PAYPAL: _paypal, MTN_MOMO: _momo, BANK_TRANSFER: _bank_transfer}
