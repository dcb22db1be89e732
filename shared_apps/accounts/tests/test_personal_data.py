"""A person sees, takes along and erases what is known about them; invoices and the ledger stay."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from billing.models import Order, Payment
from shared_apps.accounts.models import LoginAttempt, User
from shared_apps.accounts.services.consent import set_marketing
from shared_apps.accounts.services.personal_data import erase_person, export_data
from shared_apps.accounts.services.registration import register_account
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import DomainError
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.current import Tenant
from tests.support.factories import PASSWORD, make_admin, make_order, make_user, pay_by_transfer
from tests.support.tenants import Browser, owner_of, ready_tenant

pytestmark = pytest.mark.django_db
ADDRESS = "awa.ndiaye@example.org"


def awa(**fields: Any) -> User:
    return make_user(email=ADDRESS, first_name="Awa", last_name="Ndiaye", **fields)


def settled_order(user: User) -> Order:
    """A paid order whose workspace is another's by now."""
    order = make_order(user=user)
    pay_by_transfer(order)
    Order.objects.filter(pk=order.pk).update(status="cancelled")
    return Order.objects.get(pk=order.pk)


def confirmed(client: Client, user: User) -> Client:
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.post("/accounts/confirm/", {"answer": PASSWORD})
    return client


def test_news_can_be_agreed_to_and_taken_back_and_both_are_kept(public_client: Client) -> None:
    user = awa()
    for wanted in (True, True, False, True):
        set_marketing(user=user, wanted=wanted)
    rows = list(user.consents.order_by("pk"))
    assert [(row.document, row.withdrawn_at is None) for row in rows] == [("marketing", False), ("marketing", True)]
    confirmed(public_client, user).post("/accounts/privacy/marketing/", {"wanted": "no"})
    assert not user.consents.filter(withdrawn_at__isnull=True).exists()
    assert public_client.get("/accounts/privacy/").status_code == 200


def test_a_registration_notes_what_was_agreed_to_and_from_where(tenant: Tenant) -> None:
    browser = Browser(tenant)
    form = {"email": ADDRESS, "password": PASSWORD, "first_name": "A", "last_name": "B", "consent": "on"}
    browser.post("/accounts/signup/", form)
    assert set(User.objects.get(email=ADDRESS).consents.values_list("document", "ip")) == {
        ("terms", "127.0.0.1"),
        ("privacy", "127.0.0.1"),
    }


def test_the_copy_holds_what_each_app_knows_and_nothing_of_others() -> None:
    user, other = awa(), make_user(email="other-canary@example.org")
    order = settled_order(user)
    make_order(user=other, organisation_name="Canary of another")
    register_account(email="third-canary@example.org", password=PASSWORD, consent=True)
    text = export_data(user=user).decode()
    data = json.loads(text)
    assert data["accounts"]["account"]["email"] == ADDRESS
    assert [one["number"] for one in data["billing"]["orders"]] == [order.number]
    assert {"audit", "notifications"} <= set(data)
    assert "anary" not in text
    assert "password" not in json.dumps(data["accounts"])


def test_the_copy_and_the_erasure_ask_who_one_is_first(public_client: Client) -> None:
    user = awa()
    public_client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    for path in ("/accounts/privacy/data/", "/accounts/privacy/erase/"):
        assert public_client.get(path)["Location"].startswith("/accounts/confirm/")
        assert public_client.post(path, {"typed": ADDRESS}).status_code == 302
    assert User.objects.filter(email=ADDRESS, is_active=True).exists()
    confirmed(public_client, user)
    answer = public_client.post("/accounts/privacy/data/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]


def test_erasing_a_person_keeps_orders_payments_and_totals(public_client: Client) -> None:
    user = awa(phone="+237670000000")
    order = settled_order(user)
    fields = [field.attname for field in Order._meta.concrete_fields]
    before = Order.objects.values(*fields).get(pk=order.pk)
    payments = list(Payment.objects.filter(order=order).values())
    confirmed(public_client, user)
    page = public_client.post("/accounts/privacy/erase/", {"typed": ADDRESS})
    assert page.status_code == 200
    assert Order.objects.values(*fields).get(pk=order.pk) == before
    assert list(Payment.objects.filter(order=order).values()) == payments
    assert Order.objects.get(pk=order.pk).customer_name == "Awa Ndiaye"
    admin = Client(HTTP_HOST="localhost")
    admin.force_login(make_admin(), backend="allauth.account.auth_backends.AuthenticationBackend")
    desk = admin.get(f"/backoffice/transfers/{payments[0]['id']}/", follow=True)
    assert desk.status_code == 200


def test_nothing_personal_is_left_and_nobody_comes_in_again(public_client: Client) -> None:
    user = awa(phone="+237670000000")
    confirmed(public_client, user)
    LoginAttempt.objects.create(email=ADDRESS, method="password", succeeded=False, reason="wrong", ip="10.1.2.3")
    erase_person(user=user, typed=ADDRESS.upper())
    gone = User.objects.get(pk=user.pk)
    assert (gone.email, gone.first_name, gone.phone, gone.is_active) == (f"erased-{user.pk}@invalid", "", "", False)
    assert not EmailAddress.objects.filter(user=user).exists()
    assert public_client.get("/accounts/privacy/").status_code == 302
    public_client.post("/accounts/login/", {"login": ADDRESS, "password": PASSWORD})
    assert "_auth_user_id" not in public_client.session
    LoginAttempt.objects.filter(at__gte=gone.date_joined, user__isnull=True, ip="127.0.0.1").delete()
    for rows in (LoginAttempt.objects.all(), AuditLog.objects.all()):
        assert ADDRESS not in str(list(rows.values()))
    assert list(Delivery.objects.filter(recipient=ADDRESS).values_list("template", flat=True)) == ["account_erased"]
    assert AuditLog.objects.filter(action="account.erased", resource_id=str(user.pk)).exists()


def test_another_address_typed_erases_nothing() -> None:
    user = awa()
    with pytest.raises(DomainError) as refused:
        erase_person(user=user, typed="somebody@example.org")
    assert refused.value.field == "typed"
    assert User.objects.filter(email=ADDRESS).exists()


def test_an_open_order_is_settled_first() -> None:
    user = awa()
    order = make_order(user=user)
    with pytest.raises(DomainError) as refused:
        erase_person(user=user, typed=ADDRESS)
    assert refused.value.code == "order_open"
    assert str(order.pk) in refused.value.extra["url"]
    assert User.objects.filter(email=ADDRESS).exists()


def test_the_sole_owner_of_a_live_organisation_hands_it_over_first(db: None) -> None:
    ready_tenant("store-a")
    owner = User.objects.get(owned_organisations__domains__domain="store-a.localhost")
    with pytest.raises(DomainError) as refused:
        erase_person(user=owner, typed=owner.email)
    assert refused.value.code == "last_owner"
    assert User.objects.get(pk=owner.pk).is_active


def test_the_last_owner_of_a_workspace_stays(tenant: Tenant) -> None:
    owner = owner_of(tenant)
    with pytest.raises(DomainError) as refused:
        erase_person(user=owner, typed=owner.email)
    assert refused.value.code == "last_owner"
    assert User.objects.get(pk=owner.pk).is_staff


def test_a_customer_of_a_tenant_is_erased_there(tenant: Tenant) -> None:
    user = awa()
    assert json.loads(export_data(user=user))["accounts"]["account"]["email"] == ADDRESS
    erase_person(user=user, typed=ADDRESS)
    assert not User.objects.filter(email=ADDRESS).exists()
