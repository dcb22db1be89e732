"""Setting up ways to pay: keys sealed, never shown, and never for real money by mistake."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from billing.providers import reasons
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import DomainError
from shared_apps.core.secrets import SecretUnreadable
from tenant_apps.payments import selectors
from tenant_apps.payments.gateways import gateway
from tenant_apps.payments.keys import SETUPS, address_of, secret_names
from tenant_apps.payments.models import Method
from tenant_apps.payments.sealing import open_secrets
from tenant_apps.payments.services.methods import move_method, save_method, switch_method, test_connection
from tenant_apps.payments.tests.support import FakePayee, keys_of, owner, price_for, set_up
from tests.support.tenants import ready_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tenant")]
AUTOMATIC = ["orange_money", "wave", "mtn_momo", "moov", "stripe", "paypal"]


@pytest.mark.parametrize("name", AUTOMATIC)
def test_secrets_are_sealed_for_their_row_and_named_nowhere_else(name: str, simulator: Any) -> None:
    method = set_up(name, simulator)
    typed = keys_of(name, simulator)
    secrets = {key: typed[key] for key in secret_names(name) if key in typed}
    assert open_secrets(method) == secrets
    kept = json.dumps(
        [method.settings, method.secrets_ciphertext, list(AuditLog.objects.values_list("after", flat=True))]
    )
    assert [value for value in secrets.values() if value in kept] == []
    assert [value for value in secrets.values() if value in repr(gateway(method).config)] == []  # type: ignore[attr-defined]


def test_a_sealed_key_does_not_open_in_another_tenant(simulator: Any) -> None:
    ciphertext = set_up("wave", simulator).secrets_ciphertext
    with tenant_context(ready_tenant("store-b")):
        stolen = Method(name="wave", secrets_ciphertext=ciphertext)
        with pytest.raises(SecretUnreadable):
            open_secrets(stolen)


def test_an_empty_secret_keeps_the_one_there_is(simulator: Any) -> None:
    set_up("wave", simulator)
    save_method(name="wave", values={"api_key": "", "webhook_secret": "new"}, is_active=True, is_test=False, by=owner())
    assert open_secrets(Method.objects.get(pk="wave")) == {**keys_of("wave", simulator), "webhook_secret": "new"}


def test_a_missing_key_is_named(simulator: Any) -> None:
    with pytest.raises(DomainError) as refused:
        save_method(name="paypal", values={"client_id": "x"}, is_active=True, is_test=True, by=owner())
    assert refused.value.field == "client_secret"
    assert not Method.objects.filter(name="paypal").exists()


@pytest.mark.parametrize(
    ("key", "is_test", "code"),
    [
        ("sk_live_1", True, "live_key_in_test"),
        ("sk_test_1", False, "test_key_in_live"),
        ("pk_live_1", False, "stripe_key"),
    ],
)
def test_stripe_moves_real_money_only_when_test_mode_is_switched_off(key: str, is_test: bool, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        save_method(name="stripe", values={"secret_key": key}, is_active=True, is_test=is_test, by=owner())
    assert (refused.value.code, refused.value.field) == (code, "secret_key")


@pytest.mark.parametrize("name", AUTOMATIC)
def test_addresses_are_the_providers_own_whatever_a_tenant_types(name: str, settings: Any) -> None:
    settings.TENANT_PAYMENT_ADDRESSES = {}
    evil = {"base_url": "http://169.254.169.254/", "country": "http://evil", "platform": "http://evil"}
    address = address_of(Method(name=name, settings=evil))
    assert address == "" if name == "moov" else address.startswith("https://")
    assert "evil" not in address
    assert "169" not in address


@pytest.mark.parametrize("name", AUTOMATIC)
def test_the_keys_can_be_tested(name: str, simulator: Any) -> None:
    set_up(name, simulator)
    tested = test_connection(name=name, by=owner())
    assert (tested.check_error, tested.checked_at is None) == ("", False)


def test_wrong_keys_say_so_and_new_ones_are_not_judged_by_it(simulator: Any) -> None:
    wrong = {"api_key": "wrong", "webhook_secret": ""}
    save_method(name="wave", values=wrong, is_active=True, is_test=False, by=owner())
    assert test_connection(name="wave", by=owner()).check_error == reasons.MISCONFIGURED
    assert set_up("wave", simulator).check_error == ""


def test_a_way_without_keys_cannot_be_switched_on(simulator: Any) -> None:
    with pytest.raises(DomainError) as refused:
        switch_method(name="wave", is_active=True, by=owner())
    assert refused.value.code == "not_set_up"
    assert switch_method(name="cash", is_active=True, by=owner()).is_active


def test_ways_are_offered_in_the_order_chosen_where_they_fit(payee: FakePayee, simulator: Any) -> None:
    for name in ("wave", "orange_money", "bank_transfer", "cash", "mtn_momo"):
        set_up(name, simulator)
    bill = payee.bill_of(payee.sell(price_for("wave")))
    assert [one.method.name for one in selectors.methods_for(bill.due)] == ["wave", "orange_money", "bank_transfer"]
    move_method(name="bank_transfer", up=True, by=owner())
    move_method(name="bank_transfer", up=True, by=owner())
    move_method(name="bank_transfer", up=True, by=owner())
    assert [one.method.name for one in selectors.methods_for(bill.due)] == ["bank_transfer", "wave", "orange_money"]
    assert selectors.takes_cash()


def test_every_way_says_what_it_is_and_names_no_key_twice() -> None:
    for setup in SETUPS.values():
        names = [key.name for key in setup.keys]
        assert setup.about
        assert len(names) == len(set(names))
