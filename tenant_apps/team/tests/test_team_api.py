"""The team over the API: what its pages allow, nothing more, and changes by people only."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from shared_apps.accounts.models import User
from shared_apps.accounts.services.api_sessions import start_session
from shared_apps.organisations.current import Tenant
from tenant_apps.team.models import Invitation, Member, Role
from tenant_apps.team.services.api_keys import create_api_key, scopes_of
from tenant_apps.team.services.invitations import invite
from tenant_apps.team.tests.support import make_member
from tests.support.tenants import give_plan, ready_tenant

API = "/api/v1/"


@pytest.fixture
def shop(db: None) -> Any:
    give_plan(ready_tenant("store-a"), "gold")
    connection.set_tenant(ready_tenant("store-a"))
    yield connection.tenant
    connection.set_schema_to_public()


def caller(shop: Tenant, header: str) -> APIClient:
    client = APIClient(HTTP_HOST=shop.host)
    client.credentials(HTTP_AUTHORIZATION=header)
    return client


def as_person(shop: Tenant, user: User) -> APIClient:
    connection.set_tenant(shop)
    return caller(shop, f"Bearer {start_session(user=user)['access']}")


def as_program(shop: Tenant, user: User) -> APIClient:
    connection.set_tenant(shop)
    _key, text = create_api_key(key_id=uuid.uuid4(), name="Compta", scopes=scopes_of(user), expires_at=None, user=user)
    return caller(shop, f"Api-Key {text}")


def test_a_role_is_given_and_a_place_taken(shop) -> None:
    owner, seller = make_member(Role.OWNER).user, make_member("seller").user
    client = as_person(shop, owner)
    path = f"{API}members/{seller.pk}/"
    changed = client.patch(path, {"role": "manager", "is_staff": False, "email": "x@example.org"}, format="json")
    assert (changed.status_code, changed.json()["role"]["key"]) == (200, "manager")
    assert changed.json()["email"] == seller.email  # fields that are not asked for change nothing
    assert client.patch(path, {"role": "nonsense"}, format="json").json()["fields"].keys() == {"role"}
    theirs = as_person(shop, seller)
    assert theirs.get(f"{API}me/").status_code == 200
    assert client.delete(path).status_code == 204
    assert theirs.get(f"{API}me/").status_code == 401  # every session of theirs ended
    assert client.get(path).status_code == 404


def test_nobody_gives_more_than_they_hold(shop) -> None:
    administrator, seller = make_member(Role.ADMINISTRATOR).user, make_member("seller").user
    client = as_person(shop, administrator)
    for path, method, body in (
        (f"members/{seller.pk}/", "patch", {"role": "owner"}),
        (f"members/{administrator.pk}/", "patch", {"role": "owner"}),
        ("invitations/", "post", {"email": "new@example.org", "role": "owner"}),
    ):
        answer = getattr(client, method)(API + path, body, format="json")
        assert answer.status_code == 403, path
    connection.set_tenant(shop)
    assert not Invitation.objects.exists()
    assert Member.objects.get(user=seller).role.key == "seller"


def test_an_invitation_is_sent_again_and_taken_back(shop) -> None:
    client = as_person(shop, make_member(Role.OWNER).user)
    made = client.post(f"{API}invitations/", {"email": "Awa@Example.org", "role": "seller"}, format="json")
    assert (made.status_code, made.json()["email"]) == (201, "awa@example.org")
    assert "token" not in made.content.decode()
    path = f"{API}invitations/{made.json()['id']}/"
    assert client.post(f"{path}resend/").status_code == 200
    assert [one["email"] for one in client.get(f"{API}invitations/").json()["results"]] == ["awa@example.org"]
    assert [client.delete(path).status_code for _ in range(2)] == [204, 404]


def test_an_owners_invitation_is_sent_again_on_the_site_only(shop) -> None:
    by = make_member(Role.OWNER).user
    sent = invite(invitation_id=uuid.uuid4(), email="awa@example.org", role=Role.objects.get(key=Role.OWNER), by=by)
    refused = as_person(shop, by).post(f"{API}invitations/{sent.pk}/resend/")
    assert (refused.status_code, refused.json()["code"]) == (403, "owner_on_site")
    connection.set_tenant(shop)
    assert Invitation.objects.get().token_hash == sent.token_hash


def test_a_role_is_made_changed_and_deleted(shop) -> None:
    client = as_person(shop, make_member(Role.OWNER).user)
    body = {"name": "Stagiaire", "permissions": ["team.view_members"], "for_customers": True, "key": "owner"}
    made = client.post(f"{API}roles/", body, format="json").json()
    assert (made["name"], made["for_customers"], made["is_owner"], made["people"]) == ("Stagiaire", False, False, 0)
    path = f"{API}roles/{made['key']}/"
    wanted = {"name": "Stage", "permissions": ["store.view_products"]}
    assert client.put(path, wanted, format="json").json()["permissions"] == ["store.view_products"]
    assert client.put(path, {**wanted, "permissions": ["x"]}, format="json").status_code == 400
    assert client.put(f"{API}roles/owner/", wanted, format="json").status_code == 403
    assert [client.delete(path).status_code for _ in range(2)] == [204, 404]
    assert {"owner", "administrator"} <= {role["key"] for role in client.get(f"{API}roles/").json()}


def test_programs_read_the_team_and_change_nothing(shop) -> None:
    owner, seller = make_member(Role.OWNER).user, make_member("seller").user
    program = as_program(shop, owner)
    for path in ("members/", f"members/{seller.pk}/", "invitations/", "roles/", "roles/seller/"):
        assert program.get(API + path).status_code == 200, path
    body = {"email": "new@example.org", "role": "owner", "name": "x", "permissions": ["team.view_members"]}
    for path, method in (
        (f"members/{seller.pk}/", "patch"), (f"members/{seller.pk}/", "delete"), ("invitations/", "post"),
        ("roles/", "post"), ("roles/seller/", "put"), ("roles/seller/", "delete"),
    ):  # fmt: skip
        assert getattr(program, method)(API + path, body, format="json").status_code == 401, (method, path)


def test_people_see_and_do_what_their_role_allows(shop) -> None:
    seller, other = make_member("seller").user, make_member("seller").user
    client = as_person(shop, seller)
    allowed = "team.view_members" in client.get(f"{API}me/").json()["permissions"]
    assert client.get(f"{API}members/").status_code == (200 if allowed else 403)
    for path, method in ((f"members/{other.pk}/", "delete"), ("invitations/", "post"), ("roles/", "post")):
        assert getattr(client, method)(API + path).status_code == 403, path
    assert client.put(f"{API}members/").status_code == 405


def test_people_of_another_shop_are_not_found(shop) -> None:
    connection.set_tenant(ready_tenant("store-b"))
    stranger = make_member("seller").user
    connection.set_tenant(shop)
    client = as_person(shop, make_member(Role.OWNER).user)
    for method in ("get", "delete"):
        assert getattr(client, method)(f"{API}members/{stranger.pk}/").status_code == 404
    connection.set_tenant(ready_tenant("store-b"))
    assert Member.objects.filter(user=stranger).exists()


def test_the_activity_log_is_for_those_who_may_read_it(shop) -> None:
    owner, seller = make_member(Role.OWNER).user, make_member("seller").user
    for client in (as_person(shop, owner), as_program(shop, owner)):
        found = client.get(f"{API}audit/logs/?category=security").json()["results"]
        assert "account.api_session.started" in {entry["action"] for entry in found}
        assert client.get(f"{API}audit/logs/statistics/").status_code == 200
    client = as_person(shop, seller)
    for path in ("", "statistics/", "export/", "1/"):
        assert client.get(f"{API}audit/logs/{path}").status_code == 403, path


def test_the_api_makes_no_owner(shop) -> None:
    """A stolen token must not be able to keep the workspace: owners prove on the site who they are."""
    seller, client = make_member("seller"), as_person(shop, make_member(Role.OWNER).user)
    for answer in (
        client.patch(f"{API}members/{seller.user_id}/", {"role": "owner"}, format="json"),
        client.post(f"{API}invitations/", {"email": "new@example.org", "role": "owner"}, format="json"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "owner_on_site")
    connection.set_tenant(shop)
    assert not Invitation.objects.exists()
    assert Member.objects.get(pk=seller.pk).role.key == "seller"
