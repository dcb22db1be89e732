"""Where the link of an invitation leads."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.core.tenancy import connection
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.current import Tenant
from tenant_apps.team.models import Invitation, Member
from tenant_apps.team.services.invitations import invite, revoke
from tenant_apps.team.services.members import remove_member
from tenant_apps.team.tests.support import PASSWORD, client_for, make_member, owner, role
from tests.support.tenants import ready_tenant

EMAIL = "fatou@example.org"
TYPED = {"first_name": "Fatou", "last_name": "Diop", "password": PASSWORD, "consent": "on"}


@pytest.fixture
def link(tenant: Tenant) -> str:
    """The path that the mail leads to."""
    invite(invitation_id=uuid.uuid4(), email=EMAIL, role=role("seller"), by=owner().user)
    url: str = Delivery.objects.get().context["url"]
    return urlsplit(url).path


def customer(email: str = EMAIL) -> User:
    user = User.objects.create_user(email, PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def test_somebody_new_chooses_a_name_and_a_password_and_is_inside(tenant: Tenant, visitor: Client, link: str) -> None:
    html = visitor.get(link).content.decode()
    assert EMAIL in html
    assert tenant.name in html
    assert visitor.post(link, TYPED)["Location"] == "/staff/"
    assert visitor.get("/staff/products/").status_code == 200
    assert visitor.get(link)["Location"] == "/staff/"
    connection.set_tenant(tenant)
    member = Member.objects.get(user__email=EMAIL)
    assert (member.role.key, member.user.get_full_name()) == ("seller", "Fatou Diop")


def test_looking_at_the_page_uses_nothing_up(tenant: Tenant, visitor: Client, link: str) -> None:
    for method in (visitor.get, visitor.head):
        for _time in range(2):
            assert method(link).status_code == 200
    assert visitor.get(link)["Cache-Control"].find("no-store") >= 0
    assert visitor.post(link, TYPED).status_code == 302


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(visitor: Client, link: str) -> None:
    answer = visitor.post(link, {**TYPED, "password": "court"})
    assert answer.status_code == 422
    html = answer.content.decode()
    for kept in ('value="Fatou"', 'value="Diop"', 'value="court"'):
        assert kept in html


def test_who_has_an_account_logs_in_and_comes_back(tenant: Tenant, visitor: Client, link: str) -> None:
    known = customer()
    html = visitor.get(link).content.decode()
    assert f'href="/accounts/login/?next={link}"' in html
    assert 'name="password"' not in html
    visitor.post(link, {**TYPED, "password": "un-autre-mot-de-passe"})
    connection.set_tenant(tenant)
    known.refresh_from_db()
    assert (known.check_password(PASSWORD), known.is_staff) == (True, False)
    client = client_for(known, tenant)
    assert client.post(link)["Location"] == "/staff/"
    assert client.get("/staff/products/").status_code == 200


def test_somebody_else_is_told_whom_it_is_for(tenant: Tenant, link: str) -> None:
    client = client_for(customer("other@example.org"), tenant)
    html = client.get(link).content.decode()
    assert EMAIL in html
    assert "other@example.org" in html
    assert f'name="next" value="{link}"' in html
    assert client.post(link).status_code == 422
    connection.set_tenant(tenant)
    assert not Member.objects.exclude(role__key="owner").exists()
    assert client.post("/accounts/logout/", {"next": link})["Location"] == link


def test_a_link_that_no_longer_works_says_so(tenant: Tenant, visitor: Client, link: str) -> None:
    assert visitor.get("/invitations/nothing/").status_code == 403
    connection.set_tenant(tenant)
    revoke(invitation=Invitation.objects.get(), by=owner().user)
    for answer in (visitor.get(link), visitor.post(link, TYPED)):
        assert answer.status_code == 403
        assert "/accounts/login/" in answer.content.decode()
    connection.set_tenant(tenant)
    assert not User.objects.filter(email=EMAIL).exists()


def test_a_link_of_one_tenant_opens_nothing_elsewhere(link: str, public_client: Client) -> None:
    other = Client(HTTP_HOST=ready_tenant("store-b").host)
    for answer in (other.get(link), other.post(link, TYPED)):
        assert answer.status_code == 403
        assert EMAIL not in answer.content.decode()
    assert public_client.get(link).status_code in (302, 403, 404)


def test_without_a_free_place_the_guest_is_told_and_keeps_the_link(tenant: Tenant, visitor: Client, link: str) -> None:
    seats = [make_member("seller") for _seat in range((tenant.quota("users") or 0) - 1)]
    answer = visitor.post(link, TYPED)
    assert answer.status_code == 422
    assert "/pricing" not in answer.content.decode()
    connection.set_tenant(tenant)
    remove_member(member=seats[0], by=None)
    assert visitor.post(link, TYPED).status_code == 302
