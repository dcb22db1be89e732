"""The log-in pages, as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.test import Client
from django_tenants.utils import tenant_context

from shared_apps.accounts.tests.support import SECOND, browser_of, log_in, with_app
from tests.support.factories import make_user
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db


@contextmanager
def schema_of(host: str) -> Iterator[str]:
    """Stand on the platform, or in one of the ready tenants; yields the host that leads there."""
    if host == "localhost":
        yield host
    else:
        tenant = ready_tenant(host)
        with tenant_context(tenant):
            yield tenant.host


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/"])
def test_the_address_has_one_name_everywhere(public_client: Client, path: str) -> None:
    for html in (public_client.get(path).content.decode(), public_client.post(path, {}).content.decode()):
        assert "Adresse e-mail" in html
        assert "Courriel" not in html
        assert "placeholder=" not in html


def test_the_way_to_a_new_password_is_shown_once(public_client: Client) -> None:
    assert public_client.get("/accounts/login/").content.decode().count("/accounts/password/reset/") == 1


def test_a_refused_password_is_asked_for_again_and_nothing_else_is(public_client: Client) -> None:
    answer = public_client.post("/accounts/login/", {"login": "awa@example.org", "password": "faux-mot-de-passe"})
    html = answer.content.decode()
    assert 'value="awa@example.org"' in html
    assert "faux-mot-de-passe" not in html
    assert "Rien n’est perdu" not in html


def test_a_new_password_is_chosen_by_the_link(public_client: Client) -> None:
    user = make_user()
    link = f"/accounts/password/reset/key/{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}/"
    page = public_client.get(link, follow=True)
    assert len(re.findall(r'type="password"', page.content.decode())) == 2
    words = "une-phrase-calme-2026"
    public_client.post(page.request["PATH_INFO"], {"password1": words, "password2": words})
    user.refresh_from_db()
    assert user.check_password(words)
    again = public_client.get(link, follow=True).content.decode()
    assert "inchangé" not in again
    assert "Si vous avez choisi un nouveau mot de passe avec lui" in again


def test_the_rules_of_a_new_password_are_said_once(public_client: Client) -> None:
    user = make_user()
    link = f"/accounts/password/reset/key/{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}/"
    html = public_client.get(link, follow=True).content.decode()
    assert html.count("10 caractères au moins") == 1
    assert "<li>Votre mot de passe" not in html


@pytest.mark.parametrize(
    ("host", "is_staff", "back"),
    [("localhost", False, "/organisations/"), ("store-a", True, "/staff/"), ("store-a", False, "/")],
)
def test_every_page_of_ones_account_leads_out(host: str, is_staff: bool, back: str) -> None:
    with schema_of(host) as name:
        client = browser_of(make_user(is_staff=is_staff), host=name)
        for path in ("/accounts/", "/accounts/security/", "/accounts/email/"):
            html = client.get(path).content.decode()
            assert 'action="/accounts/logout/"' in html
            assert f'<a class="link-alone" href="{back}">' in html


def test_a_log_in_that_stopped_half_way_can_begin_again_with_another_account(public_client: Client) -> None:
    first, second = make_user(), make_user()
    with_app(first)
    assert log_in(public_client, first.email)["Location"].startswith(SECOND)
    page = public_client.get(SECOND).content.decode()
    [form] = re.findall(r'<form[^>]* action="/accounts/logout/">.*?</form>', page)
    assert 'name="next" value="/accounts/login/"' in form
    answer = public_client.post("/accounts/logout/", {"next": "/accounts/login/"}, follow=True)
    assert answer.redirect_chain == [("/accounts/login/", 302)]
    log_in(public_client, second.email)
    assert public_client.get("/accounts/").context["user"] == second
