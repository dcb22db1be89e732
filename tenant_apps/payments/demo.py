"""Ways to pay for demonstrations, by keys that only the payment simulator knows."""

from __future__ import annotations

from django.conf import settings

from shared_apps.accounts.models import User
from tenant_apps.payments.keys import MTN_MARKETS, ORANGE_CURRENCIES, SETUPS, is_simulated
from tenant_apps.payments.models import Method
from tenant_apps.payments.services.methods import save_method

Name = Method.Name
# Shown to payers as tests; the others have no test mode of their own, or one that takes no FCFA.
_AS_TESTS = (Name.ORANGE_MONEY, Name.STRIPE, Name.PAYPAL)


def load(*, owner: User, currency: str) -> None:
    """Set the ways up that the settings have demonstration keys for and that take a currency, unless there are some
    beside cash already."""
    if Method.objects.exclude(pk=Name.CASH).exists():
        return
    for name in settings.TENANT_DEMO_KEYS:
        values = values_for(name, currency=currency)
        if values is not None:
            save_method(name=name, values=values, is_active=True, is_test=name in _AS_TESTS, by=owner)


def values_for(name: str, *, currency: str) -> dict[str, str] | None:
    """The simulator's keys of a way to pay, in a country with that currency; None where it takes none of it."""
    values = dict(settings.TENANT_DEMO_KEYS[name])
    if name == Name.ORANGE_MONEY:
        return _of_country(values, "country", [code for code, taken in ORANGE_CURRENCIES.items() if taken == currency])
    if name == Name.MTN_MOMO:
        markets = [code for code, market in MTN_MARKETS.items() if market.currency == currency]
        return _of_country(values, "target_environment", markets)
    if name in (Name.WAVE, Name.MOOV) and currency != "XOF":
        return None
    return values


def _of_country(values: dict[str, str], key: str, countries: list[str]) -> dict[str, str] | None:
    return {**values, key: countries[0]} if countries else None


def can_try(name: str) -> bool:
    """Whether a simulator stands for a way's provider and its keys are known, so that anybody may try it."""
    return is_simulated(name) and name in settings.TENANT_DEMO_KEYS


def typed_keys(name: str) -> dict[str, str]:
    """What would be typed into the form of a way to reach the simulator. What is chosen from a list, a country, stays chosen."""
    known = settings.TENANT_DEMO_KEYS[name]
    return {key.name: known.get(key.name, "") for key in SETUPS[name].keys if not key.choices}
