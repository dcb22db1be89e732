"""The log-in pages, as people read them."""

from __future__ import annotations

import re

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.test import Client

from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


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
