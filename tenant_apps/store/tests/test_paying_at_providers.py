"""A whole purchase where the payer leaves for a provider's page: set up by the owner in the browser, paid by a guest."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from django.utils import timezone

from baobab.settings import local
from billing.money import Money
from billing.providers.breaker import BREAKS_AFTER, Failure
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.current import Tenant
from tenant_apps.payments.models import Method, Payment
from tenant_apps.payments.services.health import note_failure
from tenant_apps.payments.services.methods import save_method
from tenant_apps.payments.services.refunds import finish_by_hand, request_refund
from tenant_apps.payments.services.starting import start_payment
from tenant_apps.payments.services.transfers import decide_transfer
from tenant_apps.payments.tests.support import keys_of, owner
from tenant_apps.store.models import Order, Shop
from tenant_apps.store.tests.test_checkout_pages import chosen, filled
from tests.support.tenants import Browser

pytestmark = pytest.mark.django_db
# Way to pay, the shop's currency and country, what the owner chooses beside the keys, and whether it has a test mode.
WAYS: list[Any] = [
    pytest.param("orange_money", "XAF", "CM", {"country": "cm", "is_test": "on"}, True, id="orange_money in Cameroon"),
    pytest.param("orange_money", "XOF", "SN", {"country": "sn", "is_test": "on"}, True, id="orange_money in Senegal"),
    pytest.param("wave", "XOF", "SN", {}, False, id="wave in Senegal"),
    pytest.param("stripe", "XAF", "CM", {"is_test": "on"}, True, id="card in Cameroon"),
    pytest.param("paypal", "XAF", "CM", {"is_test": "on"}, True, id="paypal in Cameroon"),
]
PHONES = {"CM": "6 71 23 45 67", "SN": "77 123 45 67"}
every_way = pytest.mark.parametrize(("name", "currency", "country", "typed", "is_test"), WAYS)


@pytest.fixture(autouse=True)
def demonstration(settings: Any, simulator: Any) -> None:
    """As `make run` has it: simulators stand for the providers, and their keys are known."""
    settings.TENANT_DEMO_KEYS = local.TENANT_DEMO_KEYS
    settings.TENANT_FORM_ACTIONS = [simulator.url]


def set_up_in_browser(tenant: Tenant, name: str, typed: dict[str, str]) -> Browser:
    """The owner takes the simulator's keys and tests the connection."""
    staff = Browser(tenant)
    staff.force_login(owner(), backend="allauth.account.auth_backends.AuthenticationBackend")
    page = f"/staff/ways-to-pay/{name}/"
    assert 'name="demonstration"' in staff.get(page).content.decode()
    sent = staff.post(page, {**typed, "is_active": "on", "demonstration": "1"})
    assert (sent.status_code, sent.headers.get("Location")) == (302, page)
    staff.post(f"{page}check/")
    row = Method.objects.get(pk=name)
    assert (row.check_error, row.checked_at is None) == ("", False)
    return staff


def order_by(tenant: Tenant, name: str) -> tuple[Browser, str]:
    """A guest orders at the checkout; the address they are led to."""
    browser = chosen(tenant)
    said = filled(browser, method=name, phone=PHONES[Shop.objects.get().country])
    page = browser.get("/checkout/")
    answer = browser.post("/checkout/", said)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    target = urlsplit(answer.url)
    allowed = page["Content-Security-Policy"].partition("form-action ")[2].partition(";")[0]
    assert f"{target.scheme}://{target.netloc}" in allowed, "the browser would not follow"
    return browser, answer.url


def act(url: str, action: str) -> str:
    """What the payer does on the provider's page; the path of ours they are sent back to."""
    token = url.partition("token=")[2]  # PayPal's page has it in a field
    answer = requests.post(url, data={"action": action, "token": token}, allow_redirects=False, timeout=10)
    assert answer.status_code in (302, 303), answer.text[:500]
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}" if back.query else back.path


@every_way
def test_a_guest_pays_at_the_provider_and_the_order_is_confirmed(
    tenant: Tenant, name: str, currency: str, country: str, typed: dict[str, str], is_test: bool
) -> None:
    Shop.objects.update(currency=currency, country=country)
    set_up_in_browser(tenant, name, typed)
    browser, url = order_by(tenant, name)
    order, payment = Order.objects.get(), Payment.objects.get()
    assert (order.status, payment.status, payment.is_test) == ("pending", "pending", is_test)
    answer = browser.get(act(url, "pay"))
    assert answer.url == f"/pay/{payment.pk}/"
    page = browser.get(answer.url).content.decode()
    assert 'data-state="succeeded"' in page
    assert f'href="/orders/{order.pk}/"' in page
    order.refresh_from_db()
    assert (order.status, order.paid_minor) == ("confirmed", order.total_minor)


@every_way
def test_whoever_gives_up_at_the_provider_loses_nothing_and_pays_again(
    tenant: Tenant, name: str, currency: str, country: str, typed: dict[str, str], is_test: bool
) -> None:
    Shop.objects.update(currency=currency, country=country)
    set_up_in_browser(tenant, name, typed)
    browser, url = order_by(tenant, name)
    order = Order.objects.get()
    browser.cookies["django_language"] = "en"
    answer = browser.get(act(url, "cancel"))
    page = browser.get(answer.url).content.decode()
    # Orange Money ends a payment that is given up; the others leave it open until its time is over.
    is_ended = name == "orange_money"
    assert ("The payment was not finished" in page) is is_ended
    assert ("You came back without paying" in page) is not is_ended
    assert "does not say why" not in page
    again = f"/pay/store.order/{order.pk}/"
    assert f'href="{again}"' in page
    order.refresh_from_db()
    assert (order.status, order.paid_minor) == ("pending", 0)
    answer = browser.post(again, {"method": name})
    assert answer.status_code == 302
    browser.get(act(answer.url, "pay"))
    order.refresh_from_db()
    assert (order.status, order.paid_minor) == ("confirmed", order.total_minor)


def test_a_payer_who_came_back_from_a_page_that_is_still_open_reads_so(tenant: Tenant) -> None:
    Shop.objects.update(currency="XOF", country="SN")
    set_up_in_browser(tenant, "wave", {})
    browser, url = order_by(tenant, "wave")
    answer = browser.get(act(url, "refuse"))
    assert answer.url.endswith("/?left=1")
    page = browser.get(answer.url).content.decode()
    assert "Vous êtes revenu sans payer" in page or "You came back without paying" in page
    assert f'href="{url}"' in page
    assert "left" not in browser.get(act(url, "pay")).url


def test_a_way_whose_provider_fails_is_shown_at_the_checkout_and_another_takes_the_order(tenant: Tenant) -> None:
    Shop.objects.update(currency="XOF", country="SN")
    set_up_in_browser(tenant, "wave", {})
    set_up_in_browser(tenant, "orange_money", {"country": "sn", "is_test": "on"})
    for _ in range(BREAKS_AFTER):
        note_failure("wave", Failure.AWAY, reason="provider_unavailable", now=timezone.now())
    browser = chosen(tenant)
    browser.cookies["django_language"] = "en"
    said = filled(browser, method="wave", phone=PHONES["SN"])
    assert browser.get("/checkout/").content.decode().count(" disabled") == 1
    page = browser.post("/checkout/", said)
    assert page.status_code == 422
    assert "Wave is not answering for now" in str(page.context["form"].errors["method"])
    assert not Order.objects.exists()
    assert browser.post("/checkout/", {**said, "method": "orange_money"}).status_code == 302


def test_a_customer_gets_one_letter_for_each_thing_that_happens_to_their_money(tenant: Tenant) -> None:
    Shop.objects.update(country="CM")
    save_method(name="bank_transfer", values=keys_of("bank_transfer", None), is_active=True, is_test=False, by=owner())
    browser = chosen(tenant)
    browser.post("/checkout/", filled(browser, method="bank_transfer", email="awa@example.org"))
    payment = Payment.objects.get()
    decide_transfer(payment=payment, by=owner(), approved=True, received=Money(500, "XAF"), reference="V1")
    assert told() == ["customer_payment_received", "store_order_placed"]
    rest = start_payment(purpose=payment.purpose, subject=payment.subject, method="bank_transfer")
    decide_transfer(payment=rest, by=owner(), approved=True, reference="V2")
    before = told()
    assert before == ["customer_payment_received", "store_order_confirmed", "store_order_placed"]
    refund = request_refund(payment=rest, amount=Money(500, "XAF"), reason="Retour", by=owner(), key=uuid4())
    finish_by_hand(refund=refund, by=owner())
    assert told() == [*before, "store_order_refunded"]


def told() -> list[str]:
    """What was queued for the customer, by name."""
    letters = Delivery.objects.filter(recipient="awa@example.org").order_by("template")
    return list(letters.values_list("template", flat=True))


def test_nobody_is_offered_a_simulators_keys_where_there_is_none(tenant: Tenant, settings: Any) -> None:
    settings.TENANT_PAYMENT_ADDRESSES = {}
    staff = Browser(tenant)
    staff.force_login(owner(), backend="allauth.account.auth_backends.AuthenticationBackend")
    page = "/staff/ways-to-pay/wave/"
    assert "demonstration" not in staff.get(page).content.decode()
    assert staff.post(page, {"is_active": "on", "demonstration": "1"}).status_code == 422
    assert not Method.objects.filter(pk="wave").exists()
