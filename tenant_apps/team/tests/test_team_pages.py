"""The pages of the team and its roles."""

from __future__ import annotations

import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import Tenant
from tenant_apps.team.models import Invitation, Member, Role
from tenant_apps.team.services.invitations import invite
from tenant_apps.team.services.members import remove_member
from tenant_apps.team.tests.support import (
    PASSWORD,
    client_for,
    make_member,
    make_role,
    of_sellers,
    owner,
    owner_from_here,
    role,
)
from tests.support.queries import queries_of
from tests.support.tenants import ready_tenant

TEAM = "/staff/team/"
SEE_AND_MANAGE = ("team.view_members", "team.manage_members", *of_sellers())


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def person_url(member: Member, action: str = "") -> str:
    return f"{TEAM}people/{member.user_id}/{action}"


def confirmed(client: Client) -> Client:
    """A client whose person proved a moment ago who they are."""
    session = client.session
    session["confirmed"] = {"user": session["_auth_user_id"], "at": time.time()}
    session.save()
    return client


def send(client: Client, **typed: Any) -> Any:
    return client.post(
        f"{TEAM}invite/", {"key": str(uuid.uuid4()), "email": "awa@example.org", "role": "seller", **typed}
    )


def test_the_list_costs_as_much_with_twenty_members_as_with_two(tenant: Tenant, tenant_client: Client) -> None:
    make_member("seller")
    invite(invitation_id=uuid.uuid4(), email="un@example.org", role=role("seller"), by=owner().user)
    page(tenant_client, TEAM)  # the host's tenant is remembered from here on
    two = queries_of(tenant_client, TEAM)
    connection.set_tenant(tenant)
    for number in range(18):
        make_member("manager")
        Invitation.objects.create(
            email=f"{number}@example.org", role=role("seller"), token_hash=str(number), locale="fr",
            expires_at=Invitation.objects.latest("created_at").expires_at, invited_by=make_member("manager").user,
        )  # fmt: skip
    assert queries_of(tenant_client, TEAM) == two
    assert queries_of(tenant_client, f"{TEAM}roles/") <= two


def test_the_list_shows_members_roles_and_invitations(tenant: Tenant, tenant_client: Client) -> None:
    seller = make_member("seller", first_name="Fatou", last_name="Diop")
    invite(invitation_id=uuid.uuid4(), email="un@example.org", role=role("manager"), by=owner().user)
    role_name = str(role("seller"))
    html = page(tenant_client, TEAM)
    for shown in ("Fatou Diop", seller.user.email, role_name, "un@example.org", f"{TEAM}invite/"):
        assert shown in html
    assert html.count("/staff/team/invitations/") == 1
    assert person_url(seller) in html


def test_what_one_may_not_do_is_not_offered_and_refused(tenant: Tenant) -> None:
    seller, manager = make_member("seller"), make_member("manager")
    client = client_for(manager.user, tenant)
    html = page(client, TEAM)
    for hidden in (f"{TEAM}invite/", person_url(seller), f"{TEAM}roles/", f"{TEAM}transfer/"):
        assert hidden not in html
    for path in ("invite/", "roles/", "roles/new/", "roles/seller/", "roles/seller/delete/", "transfer/"):
        assert client.get(TEAM + path).status_code == client.post(TEAM + path).status_code == 403
    assert client.post(person_url(seller, "remove/")).status_code == 403
    connection.set_tenant(tenant)
    assert client_for(seller.user, tenant).get(TEAM).status_code == 403


def test_somebody_above_is_not_offered_and_refused_with_a_reason(tenant: Tenant) -> None:
    head, manager, seller = make_member(make_role(*SEE_AND_MANAGE)), make_member("manager"), make_member("seller")
    client = client_for(head.user, tenant)
    html = page(client, TEAM)
    assert person_url(seller) in html
    assert person_url(manager) not in html
    assert person_url(owner_in(tenant)) not in html
    html = page(client, person_url(manager))
    assert "<button" not in html.split("<main")[1].split("</main>")[0]
    assert client.post(person_url(manager), {"role": "seller"}).status_code == 422
    connection.set_tenant(tenant)
    assert Member.objects.get(pk=manager.pk).role.key == "manager"


def owner_in(tenant: Tenant) -> Member:
    connection.set_tenant(tenant)
    return owner()


def test_only_roles_one_may_give_can_be_chosen(tenant: Tenant) -> None:
    head = make_member(make_role(*SEE_AND_MANAGE))
    client = client_for(head.user, tenant)
    html = page(client, f"{TEAM}invite/")
    assert 'value="seller"' in html
    for hidden in ("owner", "administrator", "manager", "client"):
        assert f'value="{hidden}"' not in html
        assert send(client, role=hidden).status_code == 422


def test_an_invitation_is_sent_from_the_form_once(tenant: Tenant, tenant_client: Client) -> None:
    key = str(uuid.uuid4())
    for _time in range(2):
        assert send(tenant_client, key=key)["Location"] == TEAM
    refused = send(tenant_client)
    assert refused.status_code == 422
    assert 'value="awa@example.org"' in refused.content.decode()
    connection.set_tenant(tenant)
    assert Invitation.objects.get().email == "awa@example.org"


def test_a_full_team_is_told_before_and_after(tenant: Tenant, tenant_client: Client) -> None:
    limit = tenant.quota("users")
    assert limit
    for _seat in range(limit - 1):
        make_member("seller")
    html = page(tenant_client, TEAM)
    assert f"{TEAM}invite/" not in html
    answer = send(tenant_client)
    assert answer.status_code == 422
    assert "trending-up" in answer.content.decode() or "formule" in answer.content.decode()
    connection.set_tenant(tenant)
    assert not Invitation.objects.exists()


def test_an_invitation_is_sent_again_and_taken_back_from_the_list(tenant: Tenant, tenant_client: Client) -> None:
    sent = invite(invitation_id=uuid.uuid4(), email="un@example.org", role=role("seller"), by=owner().user)
    path = f"{TEAM}invitations/{sent.pk}/"
    assert tenant_client.get(path).status_code == 405
    assert tenant_client.post(path, {"action": "resend"})["Location"] == TEAM
    connection.set_tenant(tenant)
    assert Invitation.objects.get().token_hash != sent.token_hash
    for _time in range(2):
        assert tenant_client.post(path, {"action": "revoke"})["Location"] == TEAM
    connection.set_tenant(tenant)
    assert Invitation.objects.get().revoked_at
    assert tenant_client.post(f"{TEAM}invitations/{uuid.uuid4()}/").status_code == 404


def test_a_member_gets_another_role_and_is_removed(tenant: Tenant, tenant_client: Client) -> None:
    seller = make_member("seller")
    assert tenant_client.post(person_url(seller), {"role": "manager"})["Location"] == TEAM
    connection.set_tenant(tenant)
    assert Member.objects.get(pk=seller.pk).role.key == "manager"
    assert page(tenant_client, person_url(seller, "remove/"))
    assert tenant_client.post(person_url(seller, "remove/"))["Location"] == TEAM
    assert tenant_client.get(person_url(seller)).status_code == 404


def test_another_owner_is_made_by_who_has_just_proved_who_they_are(tenant: Tenant, tenant_client: Client) -> None:
    seller = make_member("seller")
    for asked, typed in (
        (tenant_client.post(person_url(seller), {"role": "owner"}), "role=owner"),
        (send(tenant_client, role="owner"), "role=owner&email=awa%40example.org"),
    ):
        assert asked["Location"].startswith("/accounts/confirm/?next=")
        assert parse_qs(urlsplit(asked["Location"]).query)["next"][0].endswith(f"?{typed}")
    form = tenant_client.get(f"{TEAM}invite/?role=owner&email=awa%40example.org").context["form"]
    assert (form["role"].value(), form["email"].value()) == ("owner", "awa@example.org")
    connection.set_tenant(tenant)
    assert not Invitation.objects.exists()
    assert Member.objects.get(pk=seller.pk).role.key == "seller"
    client = confirmed(tenant_client)
    assert client.post(person_url(seller), {"role": "owner"})["Location"] == TEAM
    assert send(client, role="owner")["Location"] == TEAM
    connection.set_tenant(tenant)
    assert Invitation.objects.get().role.key == Member.objects.get(pk=seller.pk).role.key == "owner"


def test_the_list_says_whose_link_has_ended_and_counts_it_no_more(tenant: Tenant, tenant_client: Client) -> None:
    chief = make_member("administrator")
    invite(invitation_id=uuid.uuid4(), email="un@example.org", role=role("seller"), by=chief.user)
    shown = tenant_client.get(TEAM).context
    assert ([is_old for _one, is_old, _may in shown["invitations"]], shown["used"]) == ([False], 3)
    connection.set_tenant(tenant)
    remove_member(member=chief, by=owner().user)
    shown = tenant_client.get(TEAM).context
    assert ([is_old for _one, is_old, _may in shown["invitations"]], shown["used"]) == ([True], 1)


def test_an_owners_invitation_is_sent_again_by_who_has_just_proved_who_they_are(
    tenant: Tenant, tenant_client: Client
) -> None:
    sent = invite(invitation_id=uuid.uuid4(), email="un@example.org", role=role("owner"), by=owner().user)
    path = f"{TEAM}invitations/{sent.pk}/"
    asked = tenant_client.post(path, {"action": "resend"})
    assert parse_qs(urlsplit(asked["Location"]).query)["next"] == [TEAM]
    told = tenant_client.get(asked["Location"]).content.decode()
    assert "Confirm who you are, then send the invitation again." in told or "puis renvoyez l’invitation" in told
    connection.set_tenant(tenant)
    assert Invitation.objects.get().token_hash == sent.token_hash
    assert confirmed(tenant_client).post(path, {"action": "resend"})["Location"] == TEAM
    connection.set_tenant(tenant)
    assert Invitation.objects.get().token_hash != sent.token_hash


def test_people_and_invitations_of_another_tenant_are_not_here(tenant: Tenant, tenant_client: Client) -> None:
    connection.set_tenant(ready_tenant("store-b"))
    theirs = make_member("seller", first_name="Canari")
    sent = invite(invitation_id=uuid.uuid4(), email="canari@example.org", role=role("seller"), by=owner().user)
    own = make_role("store.view_products", name="Canari")
    for path in (person_url(theirs), person_url(theirs, "remove/"), f"{TEAM}invitations/{sent.pk}/",
                 f"{TEAM}roles/{own.key}/", f"{TEAM}roles/{own.key}/delete/"):  # fmt: skip
        assert tenant_client.post(path, {"role": "manager", "action": "revoke"}).status_code == 404, path
    for path in (TEAM, f"{TEAM}roles/", f"{TEAM}invite/"):
        assert "anari" not in page(tenant_client, path)
    connection.set_tenant(ready_tenant("store-b"))
    assert Member.objects.filter(pk=theirs.pk, role__key="seller").exists()
    assert not Invitation.objects.get().revoked_at


def test_whoever_leaves_is_logged_out_and_the_last_owner_is_told_why_not(tenant: Tenant, tenant_client: Client) -> None:
    client = client_for(make_member("seller").user, tenant)
    assert page(client, f"{TEAM}leave/")
    assert client.post(f"{TEAM}leave/")["Location"] == "/accounts/login/"
    assert client.get("/staff/products/").status_code == 302
    refused = tenant_client.post(f"{TEAM}leave/")
    assert "Vérifiez le formulaire" not in refused.content.decode()  # there is nothing to fill in
    assert refused.status_code == 422
    assert f'href="{TEAM}transfer/"' in refused.content.decode()


def test_handing_over_needs_the_organisations_name(tenant: Tenant, tenant_client: Client) -> None:
    seller = make_member("seller")
    typed = {"member": str(seller.user_id), "name": "autre chose"}
    client = confirmed(tenant_client)
    assert "/organisations/" in page(client, f"{TEAM}transfer/")  # the organisation's owner changes there
    assert client.post(f"{TEAM}transfer/", {**typed, "name": tenant.name}).status_code == 422
    connection.set_tenant(tenant)
    owner_from_here()
    assert client.post(f"{TEAM}transfer/", typed).status_code == 422
    assert client.post(f"{TEAM}transfer/", {**typed, "name": f" {tenant.name.upper()} "})["Location"] == TEAM
    assert owner_in(tenant).pk == seller.pk


def test_handing_over_needs_a_fresh_proof(tenant: Tenant) -> None:
    seller, first = make_member("seller"), owner()
    first.user.set_password(PASSWORD)
    first.user.save()
    client = client_for(first.user, tenant)
    typed = {"member": str(seller.user_id), "name": tenant.name}
    for answer in (client.get(f"{TEAM}transfer/"), client.post(f"{TEAM}transfer/", typed)):
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert owner_in(tenant).pk == first.pk


def test_a_role_is_made_changed_and_deleted_from_its_form(tenant: Tenant, tenant_client: Client) -> None:
    typed = {"key": str(uuid.uuid4()), "name": " Stagiaire  de vente ", "permissions": ["store.view_products"]}
    for _time in range(2):
        assert tenant_client.post(f"{TEAM}roles/new/", typed)["Location"] == f"{TEAM}roles/"
    connection.set_tenant(tenant)
    made = Role.objects.get(name="Stagiaire de vente")
    path = f"{TEAM}roles/{made.key}/"
    assert "Stagiaire de vente" in page(tenant_client, path)
    both = ["store.view_products", "team.view_members"]
    assert tenant_client.post(path, {**typed, "permissions": both})["Location"] == f"{TEAM}roles/"
    connection.set_tenant(tenant)
    assert Role.objects.get(pk=made.pk).permissions == both
    assert tenant_client.post(path, {"name": "", "key": typed["key"], "permissions": both}).status_code == 422
    assert tenant_client.post(path, {**typed, "permissions": ["store.fly"]}).status_code == 422
    assert tenant_client.post(f"{path}delete/")["Location"] == f"{TEAM}roles/"
    assert tenant_client.get(path).status_code == 404


def test_boxes_one_may_not_change_stay_as_they_are_whatever_is_sent(tenant: Tenant) -> None:
    editor = make_member(make_role("team.manage_roles", "store.view_products"))
    client = client_for(editor.user, tenant)
    html = page(client, f"{TEAM}roles/manager/")
    box = html.split('value="store.change_products"')[1].split(">")[0]
    assert "disabled" in box
    assert "checked" in box
    sent = {"key": str(uuid.uuid4()), "name": "", "permissions": ["store.view_products", "team.manage_members"]}
    assert client.post(f"{TEAM}roles/manager/", sent)["Location"] == f"{TEAM}roles/"
    connection.set_tenant(tenant)
    assert "store.change_products" in role("manager").permissions
    assert "team.manage_members" not in role("manager").permissions


def test_the_owners_role_shows_no_form(tenant: Tenant, tenant_client: Client) -> None:
    assert 'name="permissions"' not in page(tenant_client, f"{TEAM}roles/owner/")
    sent = {"key": str(uuid.uuid4()), "name": "Chef", "permissions": ["store.view_products"]}
    assert tenant_client.post(f"{TEAM}roles/owner/", sent).status_code == 422
    connection.set_tenant(tenant)
    assert role("owner").name == ""


def test_a_role_somebody_has_says_who_and_stays(tenant: Tenant, tenant_client: Client) -> None:
    own = make_role("store.view_products")
    make_member(own, first_name="Fatou", last_name="Diop")
    path = f"{TEAM}roles/{own.key}/delete/"
    assert "Fatou Diop" in page(tenant_client, path)
    answer = tenant_client.post(path)
    assert answer.status_code == 422
    assert "Fatou Diop" in answer.content.decode()


@pytest.mark.parametrize(
    ("codes", "leads_to"), [(("team.view_members",), TEAM), (("store.view_products",), "/staff/products/")]
)
def test_the_workspace_opens_where_ones_role_leads(tenant: Tenant, codes: tuple[str, ...], leads_to: str) -> None:
    client = client_for(make_member(make_role(*codes)).user, tenant)
    response = client.get("/staff/")
    assert response.status_code == 302
    assert client.get(response["Location"]).status_code == 200
    if "store.view_products" in codes:
        assert response["Location"] == leads_to
