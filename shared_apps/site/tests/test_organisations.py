"""The organisations of a person, and the door into each."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.organisations.models import Membership, Organisation
from shared_apps.site.tests.helpers import logged_in, text_of, visitor
from tests.support.factories import make_admin, make_order, make_user, pay_by_transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation() -> Organisation:
    return Organisation.objects.get(domains__domain="store-a.localhost")


@pytest.fixture
def owner(organisation: Organisation) -> User:
    return organisation.owner


def enter(organisation: Organisation) -> str:
    return f"/organisations/{organisation.pk}/enter/"


def test_the_owner_enters_without_a_second_log_in(organisation, owner) -> None:
    answer = logged_in(owner).get(enter(organisation))
    assert answer.status_code == 302
    assert "no-cache" in answer.headers["Cache-Control"] or "no-store" in answer.headers["Cache-Control"]
    target = urlsplit(answer.headers["Location"])
    assert target.hostname == "store-a.localhost"
    workspace = Client(HTTP_HOST="store-a.localhost")
    assert workspace.get(target.path).status_code == 302
    assert workspace.get("/staff/", follow=True).status_code == 200


def test_others_find_no_such_organisation(organisation) -> None:
    assert logged_in().get(enter(organisation)).status_code == 404
    assert logged_in(make_admin()).get(enter(organisation)).status_code == 404
    assert visitor().get(enter(organisation)).status_code == 302


def test_one_that_is_not_paid_can_still_be_entered_and_read(organisation, owner) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(status="suspended")
    client = logged_in(owner)
    assert client.get(enter(organisation)).headers["Location"].startswith("http://store-a.localhost")
    assert enter(organisation) in text_of(client.get("/organisations/"))


def test_a_closed_one_is_gone_and_no_log_in_leads_to_it(organisation, owner) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(status="closed")
    client = logged_in(owner)
    assert client.get(f"/organisations/{organisation.pk}/").status_code == 404
    assert organisation.name not in text_of(client.get("/organisations/"))
    assert client.get("/start/").headers["Location"] != "/organisations/"


def test_the_list_shows_only_ones_own_in_constant_queries(organisation, owner, django_assert_max_num_queries) -> None:
    client = logged_in(owner)
    page = text_of(client.get("/organisations/"))
    assert enter(organisation) in page
    stranger = Organisation.objects.exclude(owner=owner).first()
    if stranger:
        assert enter(stranger) not in page
    for other in Organisation.objects.exclude(memberships__user=owner):
        Membership.objects.create(organisation=other, user=owner, role="member")
    with django_assert_max_num_queries(7):
        client.get("/organisations/")


def test_where_a_log_in_leads(owner) -> None:
    assert logged_in(owner).get("/start/").headers["Location"] == "/organisations/"
    assert logged_in(make_admin()).get("/start/").headers["Location"] == "/backoffice/"
    user = make_user()
    order = make_order(user=user)
    assert logged_in(user).get("/start/").headers["Location"] == f"/orders/{order.pk}/"
    make_order(user=user)
    assert logged_in(user).get("/start/").headers["Location"] == "/orders/"


def test_orders_and_organisations_without_any() -> None:
    client = logged_in()
    assert "empty" in text_of(client.get("/orders/"))
    assert "empty" in text_of(client.get("/organisations/"))


def test_orders_in_constant_queries(django_assert_max_num_queries) -> None:
    user = make_user()
    client = logged_in(user)
    for index in range(4):
        pay_by_transfer(make_order(user=user, subdomain=f"commande-{index}-x"))
    with django_assert_max_num_queries(5):
        assert text_of(client.get("/orders/")).count("/orders/") > 4
