"""From a tenant's way to pay to the client that speaks to its provider, configured by the tenant's own keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings as django_settings

from billing.providers import reasons
from billing.providers.bank_transfer import BankTransferConfig, BankTransferProvider
from billing.providers.base import Provider, ProviderRefused
from billing.providers.momo import MomoConfig, MomoProvider
from billing.providers.moov import MoovConfig, MoovProvider
from billing.providers.orange_money import SANDBOX, OrangeMoneyConfig, OrangeMoneyProvider
from billing.providers.paypal import PayPalConfig, PayPalProvider
from billing.providers.stripe import StripeConfig, StripeProvider
from billing.providers.wave import WaveConfig, WaveProvider
from shared_apps.core.secrets import SecretUnreadable
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import current_tenant
from tenant_apps.payments.keys import ORANGE_CURRENCIES, address_of, in_mtn_sandbox, market_of
from tenant_apps.payments.models import Method, Payment
from tenant_apps.payments.sealing import open_secrets

Name = Method.Name


class NotSetUp(ProviderRefused):
    """A way to pay whose keys are missing, or of another account than the one that was paid."""

    def __init__(self, detail: str) -> None:
        super().__init__(reasons.MISCONFIGURED, detail)


def gateway(method: Method, *, base_url: str = "") -> Provider:
    """The provider behind a way to pay, at the address a payment was made at; raises NotSetUp.

    One client per process, tenant and configuration: it keeps its access token. Cash has no provider.
    """
    build = _BUILDERS.get(method.name)
    if build is None:
        raise NotSetUp(f"{method.name} has no provider")
    try:
        config = build(method, open_secrets(method), base_url or address_of(method))
    except (KeyError, ValueError, SecretUnreadable) as error:  # a key was never given, or is not one
        raise NotSetUp(type(error).__name__) from None
    return _client(connection.schema_name, method.name, config)


def gateway_of(payment: Payment) -> Provider:
    """The provider that a payment was begun at; raises NotSetUp where the keys of now are another account's."""
    method = Method.objects.filter(pk=payment.method).first()
    if method is None or method.is_test != payment.is_test:
        raise NotSetUp("the keys are of another mode than the payment")
    provider = gateway(method, base_url=payment.provider_base_url)
    if provider.account != payment.provider_account:
        raise NotSetUp("the keys are of another account than the payment")
    return provider


def forget_clients() -> None:
    """Make every client anew when it is asked for next."""
    _client.cache_clear()


@lru_cache(maxsize=256)
def _client(schema: str, name: str, config: Any) -> Provider:
    """The schema is part of the key: no tenant has another's client, whatever keys it types."""
    provider: Provider = _CLIENTS[name](config)
    return provider


def _limits() -> dict[str, Any]:
    return dict(django_settings.TENANT_PAYMENT_TIMEOUTS)


def _orange(method: Method, secrets: dict[str, str], base_url: str) -> OrangeMoneyConfig:
    country = method.settings["country"]
    return OrangeMoneyConfig(
        client_id=method.settings["client_id"], client_secret=secrets["client_secret"],
        merchant_key=secrets["merchant_key"], country=SANDBOX if method.is_test else country,
        currency=ORANGE_CURRENCIES[country], reference=current_tenant().name, base_url=base_url, **_limits(),
    )  # fmt: skip


def _wave(method: Method, secrets: dict[str, str], base_url: str) -> WaveConfig:
    return WaveConfig(
        api_key=secrets["api_key"], webhook_secret=secrets.get("webhook_secret", ""), base_url=base_url, **_limits()
    )


def _momo(method: Method, secrets: dict[str, str], base_url: str) -> MomoConfig:
    refunds = [
        secrets.get("disbursement_subscription_key", ""), method.settings.get("disbursement_user_id", ""),
        secrets.get("disbursement_api_key", ""),
    ]  # fmt: skip
    subscription_key, user_id, api_key = refunds if all(refunds) else ("", "", "")
    return MomoConfig(
        base_url=base_url, subscription_key=secrets["subscription_key"], user_id=method.settings["user_id"],
        api_key=secrets["api_key"], currency=market_of(method).currency, payee_note=current_tenant().name,
        target_environment="sandbox" if in_mtn_sandbox(method) else method.settings["target_environment"],
        disbursement_subscription_key=subscription_key, disbursement_user_id=user_id, disbursement_api_key=api_key,
        # Its host must be registered with MTN's API user, or MTN fails every request: polling does without.
        callback_enabled=False, **_limits(),
    )  # fmt: skip


def _moov(method: Method, secrets: dict[str, str], base_url: str) -> MoovConfig:
    if not base_url:
        raise KeyError("country")
    return MoovConfig(base_url=base_url, token=secrets["token"], **_limits())


def _stripe(method: Method, secrets: dict[str, str], base_url: str) -> StripeConfig:
    return StripeConfig(
        secret_key=secrets["secret_key"], webhook_secret=secrets.get("webhook_secret", ""), base_url=base_url,
        allow_live=not method.is_test, **_limits(),
    )  # fmt: skip


def _paypal(method: Method, secrets: dict[str, str], base_url: str) -> PayPalConfig:
    return PayPalConfig(
        client_id=method.settings["client_id"], client_secret=secrets["client_secret"], base_url=base_url,
        webhook_id=method.settings.get("webhook_id", ""), merchant_id=method.settings["merchant_id"],
        brand_name=current_tenant().name, **_limits(),
    )  # fmt: skip


def _bank(method: Method, secrets: dict[str, str], base_url: str) -> BankTransferConfig:
    fields = ("iban", "account_number", "swift", "branch")
    return BankTransferConfig(
        bank_name=method.settings["bank_name"], account_name=method.settings["account_name"],
        **{name: method.settings.get(name, "") for name in fields},
    )  # fmt: skip


_BUILDERS: dict[str, Callable[[Method, dict[str, str], str], Any]] = {
    Name.ORANGE_MONEY: _orange, Name.WAVE: _wave, Name.MTN_MOMO: _momo, Name.MOOV: _moov, Name.STRIPE: _stripe,
    Name.PAYPAL: _paypal, Name.BANK_TRANSFER: _bank,
}  # fmt: skip
_CLIENTS: dict[str, Callable[[Any], Any]] = {
    Name.ORANGE_MONEY: OrangeMoneyProvider, Name.WAVE: WaveProvider, Name.MTN_MOMO: MomoProvider, Name.MOOV: MoovProvider,
    Name.STRIPE: StripeProvider, Name.PAYPAL: PayPalProvider, Name.BANK_TRANSFER: BankTransferProvider,
}  # fmt: skip
