"""The portal's pages about the people of an organisation: who sees what, and what a form answers."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from shared_apps.notifications.services import send_due_emails
from shared_apps.organisations.models import Invitation, Membership, Organisation
from shared_apps.organisations.services.invitations import invite
from shared_apps.site.tests.helpers import account_data, code_in, logged_in, text_of, visitor
from tests.support.factories import PASSWORD, make_admin, make_user
from tests.support.portal import member_of, on_platform, organisation_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation() -> Organisation:
    return organisation_at()


def base(organisation: Organisation) -> str:
    return f"/organisations/{organisation.pk}/"


def invited(organisation: Organisation, email: str = "awa@example.org") -> str:
    """The path of a new invitation's link, as the mail has it."""
    invite(organisation_id=organisation.pk, email=email, role="member", by=organisation.owner)
    send_due_emails()
    found = re.search(r"https?://[^/\s]+(/invitations/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def addresses(organisation: Organisation) -> list[tuple[str, str]]:
    """Every address of an organisation in the portal, with ids that exist in it."""
    member = organisation.memberships.filter(role="member").first() or Membership.objects.create(
        organisation=organisation, user=make_user(), role="member"
    )
    invitation = Invitation.objects.create(
        organisation=organisation, email=f"{uuid.uuid4()}@example.org", role="member", token_hash=uuid.uuid4().hex,
        locale="fr", expires_at=timezone.now() + timedelta(days=1), sent_at=timezone.now() - timedelta(hours=1),
    )  # fmt: skip
    start = base(organisation)
    return [
        ("get", start),
        ("get", f"{start}enter/"),
        ("get", f"{start}members/"),
        ("post", f"{start}members/"),
        ("get", f"{start}members/{member.pk}/"),
        ("post", f"{start}members/{member.pk}/"),
        ("post", f"{start}members/{member.pk}/remove/"),
        ("post", f"{start}invitations/{invitation.pk}/resend/"),
        ("post", f"{start}invitations/{invitation.pk}/revoke/"),
        ("get", f"{start}leave/"),
        ("post", f"{start}leave/"),
        ("get", f"{start}transfer/"),
        ("post", f"{start}transfer/"),
    ]


def test_strangers_find_no_organisation_at_any_address(organisation) -> None:
    theirs = organisation_at("store-b")
    people = [on_platform(theirs.owner), on_platform(make_admin()), on_platform(make_user())]
    before = list(Membership.objects.order_by("pk").values_list("pk", "role"))
    for method, path in addresses(organisation):
        for client in people:
            assert getattr(client, method)(path, {"role": "owner", "email": "x@y.org"}).status_code == 404, path
        assert getattr(visitor(), method)(path).headers["Location"].startswith("/accounts/login/"), path
    assert [row for row in before if row not in list(Membership.objects.values_list("pk", "role"))] == []
    assert not Invitation.objects.filter(revoked_at__isnull=False).exists()


def test_ids_of_another_organisation_mean_nothing_in_ones_own(organisation) -> None:
    theirs = organisation_at("store-b")
    client = on_platform(organisation.owner)
    for method, path in addresses(theirs):
        mixed = path.replace(str(theirs.pk), str(organisation.pk))
        if re.search(r"/(members/\d+|invitations)/", mixed):
            assert getattr(client, method)(mixed, {"role": "admin"}).status_code == 404, mixed
    assert theirs.memberships.filter(role="member").exists()
    assert theirs.invitations.filter(revoked_at__isnull=True).exists()


@pytest.mark.parametrize("role", ["billing", "member"])
def test_small_roles_see_the_list_and_change_nothing(organisation, role) -> None:
    client = on_platform(member_of(organisation, role))
    page = text_of(client.get(f"{base(organisation)}members/"))
    assert organisation.owner.email in page
    assert 'name="email"' not in page
    assert "/remove/" not in page
    for method, path in addresses(organisation):
        if method == "post" and "/leave/" not in path:
            assert getattr(client, method)(path, {"role": "owner", "email": "x@y.org"}).status_code == 403, path


def test_an_invitation_form_keeps_what_was_typed_and_says_what_is_wrong(organisation) -> None:
    client = on_platform(organisation.owner)
    path = f"{base(organisation)}members/"
    answer = client.post(path, {"email": organisation.owner.email, "role": "admin"})
    assert answer.status_code == 422
    assert f'value="{organisation.owner.email}"' in text_of(answer)
    assert client.post(path, {"email": "awa@example.org", "role": "owner"}).status_code == 422
    assert client.post(path, {"email": "awa@example.org", "role": "admin"}).status_code == 302
    assert "awa@example.org" in text_of(client.get(path))


def test_a_member_page_changes_the_role_and_removes(organisation) -> None:
    client, member = on_platform(organisation.owner), member_of(organisation)
    place = organisation.memberships.get(user=member)
    path = f"{base(organisation)}members/{place.pk}/"
    assert client.get(path).status_code == 200
    assert client.post(path, {"role": "king"}).status_code == 422
    assert client.post(path, {"role": "admin"}).status_code == 302
    place.refresh_from_db()
    assert place.role == "admin"
    assert client.post(f"{path}remove/").status_code == 302
    assert not organisation.memberships.filter(user=member).exists()


def test_another_owner_is_made_by_who_has_just_proved_who_they_are(organisation) -> None:
    client = on_platform(organisation.owner, confirmed=False)
    place = organisation.memberships.get(user=member_of(organisation))
    path = f"{base(organisation)}members/{place.pk}/"
    asked = client.post(path, {"role": "owner"})
    assert asked.headers["Location"] == f"/accounts/confirm/?next={quote(f'{path}?role=owner', safe='')}"
    place.refresh_from_db()
    assert place.role == "member"
    back = client.post(asked.headers["Location"], {"answer": PASSWORD})
    assert back.headers["Location"] == f"{path}?role=owner"
    assert client.get(f"{path}?role=owner").context["form"]["role"].value() == "owner"
    client.post(path, {"role": "owner"})
    place.refresh_from_db()
    assert place.role == "owner"


def test_handing_over_asks_for_a_fresh_proof_and_the_name(organisation) -> None:
    member = member_of(organisation)
    place = organisation.memberships.get(user=member)
    path = f"{base(organisation)}transfer/"
    stale = on_platform(organisation.owner, confirmed=False).get(path)
    assert stale.headers["Location"].startswith("/accounts/confirm/")
    client = on_platform(organisation.owner)
    wrong = client.post(path, {"member": place.pk, "name": "Autre"})
    assert wrong.status_code == 422
    assert client.post(path, {"member": place.pk, "name": organisation.name.upper()}).status_code == 302
    organisation.refresh_from_db()
    assert organisation.owner_id == member.pk


def test_the_name_of_an_organisation_is_text_on_every_page(organisation) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(name='Chez <img src="x"> Awa')
    client = on_platform(organisation.owner)
    member_of(organisation)
    for path in ("/organisations/", *(f"{base(organisation)}{end}" for end in ("", "members/", "transfer/", "leave/"))):
        html = client.get(path).content.decode()
        assert "&lt;img src=&quot;x&quot;&gt;" in html, path
        assert '<img src="x">' not in html, path


def test_the_last_owner_who_leaves_is_told_what_to_do(organisation) -> None:
    client = on_platform(organisation.owner)
    assert client.get(f"{base(organisation)}leave/").status_code == 200
    assert client.post(f"{base(organisation)}leave/").status_code == 409
    member = member_of(organisation)
    assert on_platform(member).post(f"{base(organisation)}leave/").headers["Location"] == "/organisations/"


def test_the_pages_cost_the_same_however_many_belong(organisation, django_assert_max_num_queries) -> None:
    client = on_platform(organisation.owner)
    for _ in range(8):
        member_of(organisation)
        addresses(organisation)
    Invitation.objects.filter(organisation=organisation).delete()
    for path in (base(organisation), f"{base(organisation)}members/"):
        client.get(path)
        with django_assert_max_num_queries(9):
            assert client.get(path).status_code == 200


def test_an_invitation_that_its_sender_may_no_longer_send_is_shown_as_ended(organisation) -> None:
    sender = member_of(organisation, "admin")
    for number, by in enumerate((sender, organisation.owner)):
        invite(organisation_id=organisation.pk, email=f"{number}@example.org", role="member", by=by)
    organisation.memberships.filter(user=sender).update(role="billing")
    waiting = on_platform(organisation.owner).get(f"{base(organisation)}members/").context["waiting"]
    ended = {row["invitation"].email: row["has_ended"] for row in waiting}
    assert ended == {"0@example.org": True, "1@example.org": False}


def test_opening_the_link_changes_nothing_and_the_button_joins(organisation) -> None:
    path, awa = invited(organisation), make_user(email="awa@example.org")
    client = logged_in(awa)
    assert client.get(path).status_code == 200
    assert not organisation.memberships.filter(user=awa).exists()
    assert client.post(path).headers["Location"] == base(organisation)
    assert client.get(base(organisation)).status_code == 200
    assert client.get(path).status_code == 200


def test_the_link_tells_somebody_else_whose_it_is(organisation) -> None:
    path, other = invited(organisation), make_user()
    client = logged_in(other)
    page = text_of(client.get(path))
    assert "awa@example.org" in page
    assert "/accounts/logout/" in page
    client.post(path)
    assert not organisation.memberships.filter(user=other).exists()


def test_a_visitor_logs_in_and_comes_back(organisation) -> None:
    path = invited(organisation)
    make_user(email="awa@example.org")
    client = visitor()
    assert f"/accounts/login/?next={quote(path, safe='')}" in text_of(client.get(path))
    answer = client.post("/accounts/login/", {"login": "awa@example.org", "password": PASSWORD, "next": path})
    assert answer.headers["Location"] == path


def test_a_visitor_signs_up_and_comes_back(organisation) -> None:
    path, client = invited(organisation), visitor()
    client.get(path)
    client.post("/signup/", account_data())
    send_due_emails()
    answer = client.post("/signup/code/", {"code": code_in(str(mail.outbox[-1].body))})
    assert answer.headers["Location"] == path
    assert client.post(path).status_code == 302


def test_an_invited_visitor_signs_up_without_the_way_to_an_order(organisation) -> None:
    path, client = invited(organisation), visitor()
    assert "focus-steps" in text_of(client.get("/signup/"))
    client.get(path)
    page = text_of(client.get("/signup/"))
    assert 'value="awa@example.org"' in page
    assert f"/accounts/login/?next={quote(path, safe='')}" in page
    assert "organisation" not in page[page.index("<main") : page.index("</main>")].lower()
    client.post("/signup/", account_data())
    for html in (page, text_of(client.get("/signup/code/"))):
        assert "focus-steps" not in html


def test_an_ended_link_and_an_unknown_one(organisation) -> None:
    path = invited(organisation)
    Invitation.objects.update(revoked_at=timezone.now())
    assert visitor().get(path).status_code == 410
    assert visitor().get("/invitations/nothing/").status_code == 404


def api_client(user: Any) -> Client:
    client = Client(HTTP_HOST="localhost")
    tokens = client.post(
        "/api/auth/token/", {"email": user.email, "password": PASSWORD}, content_type="application/json"
    ).json()
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {tokens['access']}"
    return client


def test_the_api_invites_changes_and_removes_by_the_same_rules(organisation) -> None:
    root = f"/api/tenants/organizations/{organisation.pk}/"
    owner, admin = api_client(organisation.owner), api_client(member_of(organisation, "admin"))
    stranger = api_client(make_user())
    body = {"email": "awa@example.org", "role": "admin"}
    for client, status in ((stranger, 404), (admin, 403), (owner, 201), (owner, 409)):
        assert client.post(f"{root}invite_member/", body, content_type="application/json").status_code == status
    place = organisation.memberships.get(user=member_of(organisation))
    member = f"{root}members/{place.pk}/"
    for client, status in ((stranger, 404), (admin, 403), (owner, 200)):
        answer = client.patch(member, {"role": "admin"}, content_type="application/json")
        assert answer.status_code == status, answer.content
    for client, status in ((stranger, 404), (admin, 403), (owner, 204), (owner, 404)):
        assert client.delete(member).status_code == status


def test_the_api_makes_no_owner(organisation) -> None:
    member = organisation.memberships.get(user=member_of(organisation))
    path = f"/api/tenants/organizations/{organisation.pk}/members/{member.pk}/"
    answer = api_client(organisation.owner).patch(path, {"role": "owner"}, content_type="application/json")
    assert answer.status_code == 400
    member.refresh_from_db()
    assert member.role == "member"
