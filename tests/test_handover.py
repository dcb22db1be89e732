"""From a place in an organisation on the platform into its workspace: as whom, with which role, and until when."""

from __future__ import annotations

import time
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core.signing import TimestampSigner
from django.test import Client
from django_tenants.utils import tenant_context

from shared_apps.accounts.handover import handover_url
from shared_apps.accounts.models import HandoverUse, User
from shared_apps.accounts.services.closing import close_account
from shared_apps.accounts.services.factors import add_code_factor
from shared_apps.accounts.services.notices import tell_apps
from shared_apps.accounts.services.passwords import set_password
from shared_apps.accounts.services.personal_data import erase_person
from shared_apps.accounts.services.sessions import end_all_sessions
from shared_apps.audit.models import AuditLog
from shared_apps.organisations.current import announce_change, as_tenant
from shared_apps.organisations.models import Membership, Organisation
from shared_apps.organisations.services.members import change_role, leave, remove_member, transfer_ownership
from shared_apps.outbox.services import drain
from tenant_apps.team.models import Member, Role
from tests.support.portal import door_of, enter, follow, member_of, organisation_at

pytestmark = pytest.mark.django_db
PASSWORD = "calme-baobab-2026"


def inside(organisation: Organisation) -> Any:
    return tenant_context(as_tenant(organisation))


def role_of(user: User, organisation: Organisation) -> str | None:
    """The role key of a platform account's seat in the workspace."""
    with inside(organisation):
        member = Member.objects.select_related("role").filter(user__platform_user_id=user.pk).first()
        return member.role.key if member else None


def is_staff_there(client: Client) -> bool:
    return client.get("/staff/team/").status_code != 302


@pytest.mark.parametrize(
    ("subdomain", "place", "role"),
    [
        ("store-a", "owner", "owner"),
        ("store-a", "admin", "administrator"),
        ("store-a", "member", "seller"),
        ("events-a", "member", "door_staff"),
        ("esxi-a", "member", "viewer"),
    ],
)
def test_a_place_gives_its_role_at_the_first_entry(subdomain, place, role) -> None:
    organisation = organisation_at(subdomain)
    user = member_of(organisation, place)
    client = enter(user, organisation)
    assert role_of(user, organisation) == role
    assert client.get("/staff/", follow=True).status_code == 200 or subdomain == "esxi-a"
    with inside(organisation):
        account = User.objects.get(platform_user_id=user.pk)
        assert (account.email, account.is_staff, account.has_usable_password()) == (user.email, True, False)
        assert AuditLog.objects.filter(action="team.member.joined", resource_id=str(account.pk)).exists()


def test_billing_does_not_open_the_workspace() -> None:
    organisation = organisation_at()
    user = member_of(organisation, "billing")
    answer = door_of(user, organisation)
    assert answer.status_code == 403
    with inside(organisation):
        assert not User.objects.filter(platform_user_id=user.pk).exists()


def test_a_first_entry_needs_a_free_seat_but_the_owner_always_gets_in() -> None:
    organisation = organisation_at("esxi-a")
    version = organisation.plan_version
    version.quotas = {**version.quotas, "users": 1}
    version.save()
    announce_change()
    member = member_of(organisation)
    assert door_of(member, organisation).status_code == 403
    assert role_of(member, organisation) is None
    enter(member_of(organisation, "owner"), organisation)
    assert enter(organisation.owner, organisation)


def test_a_role_given_in_the_workspace_survives_the_next_entry() -> None:
    organisation = organisation_at()
    user = member_of(organisation)
    enter(user, organisation)
    with inside(organisation):
        from tenant_apps.team.models import Role

        Member.objects.filter(user__platform_user_id=user.pk).update(role=Role.objects.get(key="manager"))
    enter(user, organisation)
    assert role_of(user, organisation) == "manager"


def test_whoever_was_taken_off_the_team_stays_off_unless_they_run_the_organisation() -> None:
    organisation = organisation_at()
    member, admin = member_of(organisation), member_of(organisation, "admin")
    for user in (member, admin):
        enter(user, organisation)
        with inside(organisation):
            Member.objects.filter(user__platform_user_id=user.pk).delete()
            User.objects.filter(platform_user_id=user.pk).update(is_staff=False)
    assert door_of(member, organisation).status_code == 403
    enter(admin, organisation)
    assert (role_of(member, organisation), role_of(admin, organisation)) == (None, "administrator")


def test_a_removed_members_open_session_ends() -> None:
    organisation = organisation_at()
    user = member_of(organisation)
    client = enter(user, organisation)
    assert is_staff_there(client)
    place = organisation.memberships.get(user=user)
    remove_member(organisation_id=organisation.pk, member_id=place.pk, by=organisation.owner)
    drain()
    assert client.get("/staff/team/").status_code == 302
    with inside(organisation):
        account = User.objects.get(email=user.email)
        assert (account.is_staff, account.is_active, account.platform_user_id) == (False, True, None)


def test_a_new_place_on_the_platform_changes_the_role_in_the_workspace() -> None:
    organisation = organisation_at()
    user = member_of(organisation)
    enter(user, organisation)
    place = organisation.memberships.get(user=user)
    for role, key in (("admin", "administrator"), ("member", "seller"), ("billing", None)):
        change_role(organisation_id=organisation.pk, member_id=place.pk, role=role, by=organisation.owner)
        drain()
        assert role_of(user, organisation) == key


def test_word_that_comes_late_or_twice_changes_nothing() -> None:
    organisation = organisation_at()
    user = member_of(organisation)
    enter(user, organisation)
    place = organisation.memberships.get(user=user)
    for role in ("admin", "billing", "member"):
        change_role(organisation_id=organisation.pk, member_id=place.pk, role=role, by=organisation.owner)
    drain()
    drain()
    assert role_of(user, organisation) == "seller"


def test_handing_over_leaves_the_workspace_with_the_new_owner_even_one_who_never_entered() -> None:
    organisation = organisation_at()
    old, new = organisation.owner, member_of(organisation)
    transfer_ownership(organisation_id=organisation.pk, member_id=organisation.memberships.get(user=new).pk, by=old)
    drain()
    assert (role_of(new, organisation), role_of(old, organisation)) == ("owner", "administrator")
    leave(organisation_id=organisation.pk, user=old)
    drain()
    assert (role_of(new, organisation), role_of(old, organisation)) == ("owner", None)


def test_a_customer_with_a_proved_address_is_joined_and_signed_out_everywhere() -> None:
    organisation = organisation_at()
    user = member_of(organisation)
    client = Client(HTTP_HOST="store-a.localhost")
    with inside(organisation):
        customer = User.objects.create_user(user.email, PASSWORD)
        EmailAddress.objects.create(user=customer, email=user.email, verified=True, primary=True)
    logged_in = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert logged_in.status_code == 302
    assert client.get("/staff/team/").status_code == 403
    enter(user, organisation)
    with inside(organisation):
        joined = User.objects.get(email=user.email)
        assert (joined.pk, joined.platform_user_id) == (customer.pk, user.pk)
        assert joined.check_password(PASSWORD)
    assert client.get("/staff/team/").status_code == 302


def test_somebody_who_registered_anothers_address_unproved_gets_nothing_of_their_account() -> None:
    organisation = organisation_at()
    user = member_of(organisation)
    with inside(organisation):
        squatter = User.objects.create_user(user.email, PASSWORD)
        EmailAddress.objects.create(user=squatter, email=user.email, verified=False, primary=True)
    enter(user, organisation)
    with inside(organisation):
        account = User.objects.get(email=user.email)
        assert account.platform_user_id == user.pk
        assert not account.has_usable_password()


def test_an_address_that_is_somebody_elses_there_is_refused() -> None:
    organisation = organisation_at()
    first, second = member_of(organisation), member_of(organisation)
    enter(first, organisation)
    with inside(organisation):
        User.objects.filter(platform_user_id=first.pk).update(email=second.email)
    assert door_of(second, organisation).status_code == 409


def test_a_new_address_and_a_closed_account_are_followed() -> None:
    organisation = organisation_at()
    user = member_of(organisation)
    client = enter(user, organisation)
    User.objects.filter(pk=user.pk).update(email="neuf@example.org")
    tell_apps(user)
    drain()
    with inside(organisation):
        assert User.objects.get(platform_user_id=user.pk).email == "neuf@example.org"
    close_account(user=user)
    drain()
    assert client.get("/staff/team/").status_code == 302
    assert role_of(user, organisation) is None


def test_an_owner_who_closed_their_account_inside_holds_up_nobody_elses_place() -> None:
    organisation = organisation_at()
    user, administrator = member_of(organisation), member_of(organisation, "admin")
    for somebody in (user, administrator):
        enter(somebody, organisation)
    with inside(organisation):
        Member.objects.filter(user__platform_user_id=administrator.pk).update(role=Role.objects.get(key=Role.OWNER))
        close_account(user=User.objects.get(platform_user_id=organisation.owner_id))
    place = organisation.memberships.get(user=user)
    remove_member(organisation_id=organisation.pk, member_id=place.pk, by=organisation.owner)
    drain()
    assert role_of(user, organisation) is None


def test_an_erased_account_leaves_its_workspaces() -> None:
    organisation = organisation_at()
    user = member_of(organisation)
    client = enter(user, organisation)
    erase_person(user=user, typed=user.email)
    drain()
    assert client.get("/staff/team/").status_code == 302
    assert role_of(user, organisation) is None


def test_a_token_works_once_on_one_host_for_a_minute() -> None:
    organisation = organisation_at()
    user = member_of(organisation)
    answer = door_of(user, organisation)
    assert follow(answer, host="store-b.localhost")[1].status_code == 403
    assert follow(answer)[1].status_code == 302
    assert follow(answer)[1].status_code == 403
    late = door_of(user, organisation)
    with mock.patch("django.core.signing.time.time", return_value=time.time() + 61):
        assert follow(late)[1].status_code == 403
    assert follow(late)[1].status_code == 302


def test_a_token_of_one_tenant_opens_nothing_in_another_even_where_the_same_id_exists() -> None:
    ours, theirs = organisation_at(), organisation_at("store-b")
    user = member_of(ours)
    answer = door_of(user, ours)
    with inside(ours):
        account = User.objects.get(platform_user_id=user.pk)
    with inside(theirs):
        User.objects.create_user("same@example.org", pk=account.pk, is_staff=True)
    assert follow(answer, host="store-b.localhost")[1].status_code == 403
    assert follow(answer)[1].status_code == 302


def test_a_token_that_was_changed_or_made_elsewhere_is_refused() -> None:
    organisation = organisation_at()
    user = member_of(organisation)
    path = door_of(user, organisation).headers["Location"].split("localhost")[1]
    token = path.split("/enter/")[1].strip("/")
    elsewhere = TimestampSigner(salt="accounts.other").sign_object({"id": "x"})
    for forged in (token[:-2] + "zz", "A" + token[1:], elsewhere, "x", f"{token}:{token}"):
        answer = Client(HTTP_HOST="store-a.localhost").get(f"/enter/{forged}/")
        assert answer.status_code == 403, forged
    with inside(organisation):
        assert not HandoverUse.objects.exists()


def test_a_token_given_before_the_seat_was_taken_away_is_worthless() -> None:
    organisation = organisation_at()
    user = member_of(organisation)
    answer = door_of(user, organisation)
    Membership.objects.filter(user=user).delete()
    place = {"organisation": str(organisation.pk), "user": str(user.pk)}
    from provisioning.services.people import on_membership_changed

    on_membership_changed(place)
    assert follow(answer)[1].status_code == 403


@pytest.mark.parametrize(
    ("asked", "lands"),
    [
        ("/staff/team/", "/staff/team/"),
        ("//evil.example/", "/staff/"),
        ("https://evil.example/", "/staff/"),
        ("/\\evil.example", "/staff/"),
        ("javascript:alert(1)", "/staff/"),
        ("/enter/x/", "/staff/"),
    ],
)
def test_the_page_asked_for_is_one_of_the_workspace(asked, lands) -> None:
    organisation = organisation_at()
    _client, answer = follow(door_of(organisation.owner, organisation, asked))
    assert answer.headers["Location"] == lands


def test_a_token_names_an_account_of_its_own_tenant_only() -> None:
    ours, theirs = organisation_at(), organisation_at("store-b")
    with inside(theirs):
        account = User.objects.get(is_staff=True)
    url = handover_url(account_id=account.pk, tenant=as_tenant(ours))
    assert Client(HTTP_HOST="store-a.localhost").get(urlsplit(url).path).status_code == 403


@pytest.mark.parametrize("how", ["password", "factor", "everywhere"])
def test_whoever_is_logged_out_of_the_platform_is_logged_out_of_the_workspaces_entered_from_it(how: str) -> None:
    organisation = organisation_at()
    owner, inside_here = organisation.owner, enter(organisation.owner, organisation)
    assert inside_here.get("/staff/team/").status_code == 200
    if how == "password":
        set_password(user=owner, password="une-phrase-calme-2027")
    elif how == "factor":
        add_code_factor(user=owner, kind="email")
    else:
        end_all_sessions(user=owner)
    drain()
    assert inside_here.get("/staff/team/").status_code == 302
    assert enter(owner, organisation).get("/staff/team/").status_code == 200
