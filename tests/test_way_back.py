"""Whoever sent something that could not be taken comes back to the page they were on."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client, RequestFactory

from shared_apps.core.way_back import page_behind
from shared_apps.organisations.current import Tenant

PAGE = "/staff/orders/202611230005/?from=list"
BUTTON = "/staff/orders/202611230005/prepare/"


def next_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["next"][0]


def test_a_button_pressed_after_the_session_ended_leads_back_to_its_page(tenant: Tenant, visitor: Client) -> None:
    answer = visitor.post(BUTTON, headers={"referer": f"http://{tenant.host}{PAGE}"})
    assert (answer.status_code, next_of(answer.url)) == (302, PAGE)
    told = "Vous n’étiez plus connecté, et rien n’a été enregistré. Connectez-vous, puis envoyez à nouveau."
    assert told in visitor.get(answer.url).content.decode()
    assert not any("session" in name for name in visitor.cookies)


def test_a_page_asked_for_is_where_the_visitor_comes_back_to(tenant: Tenant, visitor: Client) -> None:
    answer = visitor.get(PAGE, headers={"referer": f"http://{tenant.host}/elsewhere/"})
    assert (next_of(answer.url), "unsaved" in answer.url) == (PAGE, False)


def test_so_do_visitors_of_pages_that_every_account_may_see(tenant: Tenant, visitor: Client) -> None:
    answer = visitor.post("/orders/", headers={"referer": f"http://{tenant.host}/cart/"})
    assert (answer.status_code, next_of(answer.url)) == (302, "/cart/")


@pytest.mark.parametrize(("path", "is_shown"), [("/staff/orders/?view=todo", True), ("/orders/", False), ("", False)])
def test_owners_are_shown_their_way_in_where_staff_log_in(
    tenant: Tenant, visitor: Client, path: str, is_shown: bool
) -> None:
    html = visitor.get("/accounts/login/", {"next": path}).content.decode()
    way_in = f"/organisations/{tenant.pk}/enter/?next=%2Fstaff%2Forders%2F%3Fview%3Dtodo"
    assert (way_in in html) is is_shown
    assert ("/organisations/" in html) is is_shown


@pytest.mark.parametrize(
    "referrer",
    [
        "",
        "http://elsewhere.example/page/",
        "http://testserver//elsewhere.example/",
        "not an address",
        "http://[",
        "\\x",
    ],
)
def test_no_other_place_can_be_named(referrer: str) -> None:
    request = RequestFactory().post(BUTTON, headers={"referer": referrer})
    assert page_behind(request) == BUTTON


def test_the_address_of_a_button_opened_as_a_page_says_what_to_do(tenant_client: Client) -> None:
    answer = tenant_client.get(BUTTON)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "Il n’y a pas de page ici" in answer.content.decode()


def test_an_expired_form_leads_back_to_the_page_it_was_on(tenant: Tenant) -> None:
    browser = Client(HTTP_HOST=tenant.host, enforce_csrf_checks=True)
    answer = browser.post(BUTTON, headers={"referer": f"http://{tenant.host}{PAGE}"})
    assert answer.status_code == 403
    assert f'href="{PAGE}"' in answer.content.decode()
