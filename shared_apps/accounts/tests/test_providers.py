"""Signing in with Google and Facebook by a tenant's own keys, over HTTP against a simulator of both."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client
from django_tenants.utils import tenant_context

from shared_apps.accounts.models import SignInProvider, User
from shared_apps.accounts.services.rules import open_secret, save_provider, save_rules
from shared_apps.accounts.tests.support import last_code, last_link
from shared_apps.core.secrets import SecretUnreadable
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.current import Tenant
from tests.simulators.openid.app import CLIENT_ID, CLIENT_SECRET
from tests.support.factories import PASSWORD, make_user
from tests.support.openid import Providers, point_providers_at, running_simulator
from tests.support.tenants import Browser, owner_of, ready_tenant

GOOGLE = {"sub": "g-1", "email": "awa@example.org", "email_verified": True, "given_name": "Awa", "family_name": "Diop"}
FACEBOOK = {"id": "f-1", "email": "awa@example.org", "first_name": "Awa", "last_name": "Diop", "name": "Awa Diop"}
AGREED = {"first_name": "Awa", "last_name": "Diop", "consent": "on"}


@pytest.fixture(scope="module")
def simulator_process() -> Iterator[Providers]:
    with running_simulator() as providers:
        yield providers


@pytest.fixture
def providers(simulator_process: Providers, monkeypatch: pytest.MonkeyPatch) -> Providers:
    point_providers_at(simulator_process.url, monkeypatch)
    return simulator_process


@pytest.fixture
def visitor(tenant: Tenant) -> Browser:
    return Browser(tenant)


@pytest.fixture
def shop(tenant: Tenant) -> Tenant:
    """The tenant, with keys at both."""
    give_keys(tenant)
    return tenant


def give_keys(tenant: Tenant) -> None:
    owner = owner_of(tenant)
    with tenant_context(tenant):
        for provider in SignInProvider.Provider.values:
            save_provider(provider=provider, client_id=CLIENT_ID, secret=CLIENT_SECRET, is_active=True, by=owner)


def signed_up(providers: Providers, client: Client, **person: Any) -> User:
    """Sign up through Google and go on to the end."""
    providers.person(**{**GOOGLE, **person})
    assert providers.sign_in(client, "google").request["PATH_INFO"] == "/accounts/3rdparty/signup/"
    client.post("/accounts/3rdparty/signup/", AGREED)
    return User.objects.get(email=GOOGLE["email"])


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_new_person_agrees_first_and_is_in_by_an_address_google_proved(providers, shop, visitor) -> None:
    providers.person(**GOOGLE)
    page = providers.sign_in(visitor, "google", next="/?q=1")
    assert "awa@example.org" in page.content.decode()
    assert not User.objects.filter(email="awa@example.org").exists()
    refused = visitor.post("/accounts/3rdparty/signup/", {**AGREED, "consent": ""})
    assert (refused.status_code, is_logged_in(visitor)) == (200, False)
    done = visitor.post("/accounts/3rdparty/signup/", AGREED)
    assert (done.status_code, done["Location"], is_logged_in(visitor)) == (302, "/?q=1", True)
    user = User.objects.get(email="awa@example.org")
    assert not user.has_usable_password()
    assert EmailAddress.objects.get(user=user).verified
    assert sorted(user.consents.values_list("document", flat=True)) == ["privacy", "terms"]


def test_the_next_time_they_come_straight_in(providers, shop, visitor) -> None:
    signed_up(providers, visitor)
    again = Browser(shop)
    providers.sign_in(again, "google")
    assert is_logged_in(again)
    assert SocialAccount.objects.count() == 1


def test_an_address_facebook_names_is_proved_by_our_code(providers, shop, visitor) -> None:
    providers.person(**FACEBOOK)
    providers.sign_in(visitor, "facebook")
    answer = visitor.post("/accounts/3rdparty/signup/", AGREED)
    assert (answer["Location"], is_logged_in(visitor)) == ("/accounts/signup/code/", False)
    code = Delivery.objects.get(template="email_code").context["code"]
    visitor.post("/accounts/signup/code/", {"code": code})
    assert is_logged_in(visitor)
    again = Browser(shop)
    providers.sign_in(again, "facebook")
    assert is_logged_in(again)


def test_without_an_address_it_is_asked_for(providers, shop, visitor) -> None:
    providers.person(**{key: value for key, value in FACEBOOK.items() if key != "email"})
    page = providers.sign_in(visitor, "facebook").content.decode()
    assert 'name="email"' in page
    visitor.post("/accounts/3rdparty/signup/", {**AGREED, "email": "Awa@Example.org"})
    assert not EmailAddress.objects.get(email="awa@example.org").verified


@pytest.mark.parametrize(("provider", "person"), [("google", GOOGLE), ("facebook", FACEBOOK)])
def test_an_account_that_exists_is_never_entered_by_its_address(providers, shop, visitor, provider, person) -> None:
    make_user(email="awa@example.org")
    providers.person(**person)
    page = providers.sign_in(visitor, provider).content.decode()
    assert "/accounts/login/?next=/accounts/3rdparty/" in page
    visitor.post("/accounts/3rdparty/signup/", AGREED)
    assert not is_logged_in(visitor)
    assert not SocialAccount.objects.exists()


def test_whoever_registered_anothers_address_before_keeps_no_way_in(providers, shop, visitor) -> None:
    squatter = make_user(email="awa@example.org", verified=False)
    SocialAccount.objects.create(user=squatter, provider="facebook", uid="squatter")
    owner = signed_up(providers, visitor)
    assert owner.pk == squatter.pk
    assert not owner.has_usable_password()
    assert list(SocialAccount.objects.values_list("provider", "uid")) == [("google", "g-1")]


def test_a_squatter_at_facebook_loses_when_the_owner_proves_the_address(providers, shop, visitor) -> None:
    providers.person(**FACEBOOK)
    providers.sign_in(visitor, "facebook")
    visitor.post("/accounts/3rdparty/signup/", AGREED)
    owner = Browser(shop)
    owner.post("/accounts/signup/", {**AGREED, "email": "awa@example.org", "password": PASSWORD})
    code = Delivery.objects.filter(template="email_code").latest("created_at", "pk").context["code"]
    owner.post("/accounts/signup/code/", {"code": code})
    assert is_logged_in(owner)
    assert not SocialAccount.objects.exists()


def test_a_squatter_loses_when_the_owner_chooses_a_password_by_mail_first(providers, shop, visitor) -> None:
    providers.person(**FACEBOOK)
    providers.sign_in(visitor, "facebook")
    visitor.post("/accounts/3rdparty/signup/", AGREED)
    code, owner = last_code("email_code"), Browser(shop)
    owner.post("/accounts/password/reset/", {"email": "awa@example.org"})
    page = owner.get(last_link("password_reset"), follow=True)
    owner.post(page.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    owner.post("/accounts/login/", {"login": "awa@example.org", "password": PASSWORD})
    owner.post("/accounts/signup/code/", {"code": code})
    assert is_logged_in(owner)
    assert User.objects.get(email="awa@example.org").check_password(PASSWORD)
    assert not SocialAccount.objects.exists()


def test_the_rules_of_the_house_hold_for_providers_too(providers, shop, visitor) -> None:
    save_rules(registration_open=True, minimum_age=18, languages_required=True, by=owner_of(shop))
    providers.person(**GOOGLE)
    providers.sign_in(visitor, "google")
    asked = {**AGREED, "date_of_birth": "2015-01-01", "native_1": "fr", "target_1": "en"}
    assert "18" in visitor.post("/accounts/3rdparty/signup/", asked).content.decode()
    assert not User.objects.filter(email="awa@example.org").exists()
    visitor.post("/accounts/3rdparty/signup/", {**asked, "date_of_birth": "1990-01-01"})
    assert is_logged_in(visitor)


def test_closed_registration_is_closed_to_providers(providers, shop, visitor) -> None:
    save_rules(registration_open=False, minimum_age=None, languages_required=False, by=owner_of(shop))
    providers.person(**GOOGLE)
    assert "/accounts/google/login/" in visitor.get("/accounts/login/").content.decode()
    providers.sign_in(visitor, "google")
    assert visitor.post("/accounts/3rdparty/signup/", AGREED).status_code in (302, 403)
    assert not User.objects.filter(email="awa@example.org").exists()


def test_saying_no_at_the_provider_leads_back_with_another_way(providers, shop, visitor) -> None:
    providers.person(refuse=True, **GOOGLE)
    page = providers.sign_in(visitor, "google")
    assert page.request["PATH_INFO"] == "/accounts/3rdparty/cancelled/"
    assert page.status_code == 200


@pytest.mark.parametrize("change", ["state=forged", ""])
def test_an_answer_with_another_state_or_none_is_refused(providers, shop, visitor, change) -> None:
    providers.person(**GOOGLE)
    path, _, query = providers.start(visitor, "google").partition("?")
    code = query.partition("code=")[2].partition("&")[0]
    answer = visitor.get(f"/accounts/google/login/callback/?code={code}&{change}")
    assert path.endswith("/accounts/google/login/callback/")
    assert (answer.status_code, is_logged_in(visitor)) == (401, False)
    assert b"socialaccount" not in answer.content


def test_an_answer_works_once(providers, shop, visitor) -> None:
    providers.person(**GOOGLE)
    back = providers.start(visitor, "google").partition(shop.host)[2]
    assert visitor.get(back).status_code == 302
    assert visitor.get(back).status_code == 401


def test_a_token_for_another_app_is_refused(providers, shop, visitor) -> None:
    providers.person(audience="client-of-somebody-else", **GOOGLE)
    assert providers.sign_in(visitor, "google").status_code == 401
    assert not User.objects.filter(email="awa@example.org").exists()


def test_the_answer_to_one_tenant_is_refused_by_another(providers, shop, visitor) -> None:
    other = ready_tenant("store-b")
    give_keys(other)
    connection.set_tenant(shop)
    signed_up(providers, visitor)
    stranger = Browser(other)
    back = providers.start(Browser(shop), "google").partition(shop.host)[2]
    stranger.cookies = visitor.cookies
    assert stranger.get(back).status_code == 401
    with tenant_context(other):
        assert not User.objects.filter(email="awa@example.org").exists()


def test_a_host_without_keys_has_no_such_page(providers, tenant, visitor, public_client) -> None:
    give_keys(tenant)
    others = [Client(HTTP_HOST=ready_tenant("store-b").host), public_client]
    for client in others:
        for path in ("/accounts/google/login/", "/accounts/google/login/callback/?code=1&state=2"):
            assert client.get(path).status_code == 404
            assert client.post(path).status_code == 404
        assert "/accounts/google/login/" not in client.get("/accounts/login/").content.decode()
    assert "/accounts/google/login/" in visitor.get("/accounts/login/").content.decode()


def test_a_provider_that_is_switched_off_is_gone_at_once(providers, shop, visitor) -> None:
    save_provider(provider="google", client_id=CLIENT_ID, secret="", is_active=False, by=owner_of(shop))
    connection.set_tenant(shop)
    assert visitor.get("/accounts/google/login/").status_code == 404
    assert visitor.get("/accounts/facebook/login/").status_code == 200


def test_the_secret_is_sealed_and_never_shown(providers, shop, tenant_client, caplog) -> None:
    row = SignInProvider.objects.get(provider="google")
    assert CLIENT_SECRET not in row.secret_ciphertext
    assert open_secret(row) == CLIENT_SECRET
    caplog.set_level(logging.DEBUG)
    seen = [tenant_client.get(path).content.decode() for path in ("/staff/accounts/", "/staff/accounts/google/")]
    wrong = tenant_client.post("/staff/accounts/google/", {"client_id": "", "secret": "new-s3cret-typed"})
    seen += [wrong.content.decode(), caplog.text]
    for text in seen:
        assert CLIENT_SECRET not in text
        assert "new-s3cret-typed" not in text
    assert f"http://{shop.host}" in seen[1]
    other = ready_tenant("store-b")
    with tenant_context(other), pytest.raises(SecretUnreadable):
        open_secret(row)


def log_in(client: Client, email: str) -> None:
    """Log in, and prove it again: dangerous acts ask for that."""
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert is_logged_in(client)
    client.post("/accounts/confirm/", {"answer": PASSWORD})


def test_a_provider_is_connected_and_disconnected_in_my_account(providers, shop, visitor) -> None:
    user = make_user(email="koffi@example.org")
    log_in(visitor, user.email)
    providers.person(**GOOGLE)
    page = providers.sign_in(visitor, "google", process="connect")
    assert page.request["PATH_INFO"] == "/accounts/3rdparty/"
    account = SocialAccount.objects.get(user=user)
    other = Browser(shop)
    providers.sign_in(other, "google")
    assert other.session["_auth_user_id"] == str(user.pk)
    visitor.post("/accounts/3rdparty/", {"account": account.pk})
    assert not SocialAccount.objects.exists()
    assert Delivery.objects.filter(template="provider_changed").count() == 2


def test_a_provider_account_of_somebody_else_cannot_be_connected(providers, shop, visitor) -> None:
    first = signed_up(providers, visitor)
    second = Browser(shop)
    log_in(second, make_user(email="koffi@example.org").email)
    providers.sign_in(second, "google", process="connect")
    assert SocialAccount.objects.get().user_id == first.pk


def test_the_only_way_in_stays(providers, shop, visitor) -> None:
    user = signed_up(providers, visitor)
    visitor.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get(user=user).pk})
    assert SocialAccount.objects.filter(user=user).exists()


def test_nobody_disconnects_the_account_of_another(providers, shop, visitor) -> None:
    account = SocialAccount.objects.create(user=signed_up(providers, visitor), provider="facebook", uid="f-9")
    second = Browser(shop)
    log_in(second, make_user(email="koffi@example.org").email)
    second.post("/accounts/3rdparty/", {"account": account.pk})
    assert SocialAccount.objects.filter(pk=account.pk).exists()
