"""Changing who works here."""

from __future__ import annotations

from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditLog
from shared_apps.core.tenancy import connection
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import render_email
from shared_apps.organisations.current import Tenant
from tenant_apps.team.models import Member
from tenant_apps.team.selectors import permissions_of
from tenant_apps.team.services.members import (
    add_member,
    change_role,
    leave,
    remove_member,
    transfer_ownership,
)
from tenant_apps.team.tests.support import (
    client_for,
    make_member,
    make_role,
    of_sellers,
    owner,
    refused,
    role,
    with_quota,
)


def codes_of(member: Member) -> frozenset[str]:
    return permissions_of(User.objects.get(pk=member.user_id))


def test_an_owner_gives_any_role_and_it_counts_at_once(tenant: Tenant) -> None:
    seller = make_member("seller")
    assert "store.change_products" not in codes_of(seller)
    change_role(member=seller, role=role("manager"), by=owner().user)
    assert "store.change_products" in codes_of(seller)
    entry = AuditLog.objects.get(action="team.member.role_changed")
    assert (entry.before, entry.after) == ({"role": "seller"}, {"role": "manager"})
    assert entry.actor_id == owner().user_id
    assert entry.resource_id == str(seller.user_id)


def test_an_administrator_makes_no_owner_and_unmakes_none(tenant: Tenant) -> None:
    administrator, seller = make_member(), make_member("seller")
    with refused("above_you"):
        change_role(member=seller, role=role("owner"), by=administrator.user)
    with refused("above_you"):
        change_role(member=owner(), role=role("seller"), by=administrator.user)
    with refused("above_you"):
        remove_member(member=owner(), by=administrator.user)
    change_role(member=seller, role=role("administrator"), by=administrator.user)


def test_nobody_gives_what_they_do_not_hold(tenant: Tenant) -> None:
    head = make_member(make_role("team.manage_members", *of_sellers()))
    seller, manager = make_member("seller"), make_member("manager")
    for act in (lambda: change_role(member=seller, role=role("manager"), by=head.user),
                    lambda: change_role(member=manager, role=role("seller"), by=head.user),
                    lambda: remove_member(member=manager, by=head.user)):  # fmt: skip
        with refused("above_you"):
            act()
    remove_member(member=seller, by=head.user)


def test_who_may_not_manage_the_team_changes_nobody(tenant: Tenant) -> None:
    manager, seller = make_member("manager"), make_member("seller")
    with refused("not_allowed"):
        change_role(member=seller, role=role("seller"), by=manager.user)
    with refused("not_allowed"):
        remove_member(member=seller, by=manager.user)


def test_a_permission_lost_a_moment_ago_counts_no_more(tenant: Tenant) -> None:
    """The request began while they still held it."""
    administrator, seller = make_member(), make_member("seller")
    assert "team.manage_members" in permissions_of(administrator.user)
    change_role(member=administrator, role=role("seller"), by=owner().user)
    with refused("not_allowed"):
        remove_member(member=seller, by=administrator.user)


def test_nobody_changes_their_own_place(tenant: Tenant) -> None:
    administrator = make_member()
    for act in (lambda: change_role(member=administrator, role=role("seller"), by=administrator.user),
                lambda: remove_member(member=administrator, by=administrator.user)):  # fmt: skip
        with refused("own_role"):
            act()


def test_the_last_owner_stays(tenant: Tenant) -> None:
    """Whoever asks: themselves, or the platform."""
    for act in (lambda: leave(user=owner().user),
                lambda: remove_member(member=owner(), by=None),
                lambda: change_role(member=owner(), role=role("seller"), by=None)):  # fmt: skip
        with refused("last_owner"):
            act()
    assert owner().user.is_staff


def test_an_owner_whose_account_is_closed_is_no_owner_to_count_on(tenant: Tenant) -> None:
    make_member("owner", is_active=False)
    first = Member.objects.get(role__key="owner", user__is_active=True)
    with refused("last_owner"):
        leave(user=first.user)


def test_one_of_two_owners_may_leave(tenant: Tenant) -> None:
    second = make_member("owner")
    leave(user=second.user)
    assert owner().user_id != second.user_id


def test_whoever_is_removed_is_a_customer_from_then_on(tenant: Tenant) -> None:
    seller = make_member("seller")
    client = client_for(seller.user, tenant)
    assert client.get("/staff/products/").status_code == 200
    connection.set_tenant(tenant)
    remove_member(member=seller, by=owner().user)
    remove_member(member=seller, by=owner().user)
    assert client.get("/staff/products/")["Location"].startswith("/accounts/login/")
    connection.set_tenant(tenant)
    again = client_for(User.objects.get(pk=seller.user_id), tenant)
    assert again.get("/staff/products/").status_code == 403
    assert again.get("/").status_code == 200
    connection.set_tenant(tenant)
    assert AuditLog.objects.filter(action="team.member.removed", resource_id=str(seller.user_id)).count() == 1


def test_leaving_ends_every_session(tenant: Tenant) -> None:
    seller = make_member("seller")
    phone, desk = client_for(seller.user, tenant), client_for(seller.user, tenant)
    leave(user=seller.user)
    assert all(client.get("/staff/products/").status_code == 302 for client in (phone, desk))


def test_ownership_goes_to_another_and_the_giver_is_an_administrator(tenant: Tenant, tenant_client: Client) -> None:
    before, seller = make_member("owner"), make_member("seller")
    transfer_ownership(to=seller, by=before.user)
    assert Member.objects.get(pk=seller.pk).role.key == "owner"
    assert Member.objects.get(pk=before.pk).role.key == "administrator"
    assert AuditLog.objects.filter(action__startswith="team.ownership.").count() == 2
    with refused("not_owner"):
        transfer_ownership(to=before, by=before.user)


def test_ownership_never_goes_to_oneself_or_a_closed_account(tenant: Tenant) -> None:
    giver, closed = make_member("owner"), make_member("seller", is_active=False)
    for to, code in ((giver, "to_yourself"), (closed, "account_closed")):
        with refused(code):
            transfer_ownership(to=to, by=giver.user)


def test_whoever_owns_the_organisation_stays_an_owner_of_its_workspace(tenant: Tenant) -> None:
    """The platform would give it back at the next occasion: nobody may be told that it is gone."""
    first, second = owner(), make_member("owner")
    for act in (
        lambda: transfer_ownership(to=second, by=first.user),
        lambda: leave(user=first.user),
        lambda: change_role(member=first, role=role("seller"), by=second.user),
        lambda: remove_member(member=first, by=second.user),
    ):
        with refused("organisation_owner"):
            act()
    assert Member.objects.get(pk=first.pk).role.key == "owner"
    change_role(member=first, role=role("seller"), by=None)  # the platform, where the organisation has changed hands


def test_a_team_takes_as_many_as_its_plan(tenant: Tenant) -> None:
    with_quota(tenant, users=2)
    customers = [User.objects.create_user(f"{number}@example.org") for number in range(2)]
    add_member(user=customers[0], role=role("seller"), by=None)
    with refused("quota_reached") as full:
        add_member(user=customers[1], role=role("seller"), by=None)
    assert full.value.extra["upgrade_url"]
    assert not User.objects.get(pk=customers[1].pk).is_staff
    with_quota(tenant, users=None)
    add_member(user=customers[1], role=role("seller"), by=None)


def test_a_place_is_taken_once_and_by_staff_roles_only(tenant: Tenant) -> None:
    customer = User.objects.create_user("awa@example.org")
    with refused("customer_role"):
        add_member(user=customer, role=role("client"), by=None)
    add_member(user=customer, role=role("seller"), by=None)
    with refused("already_member"):
        add_member(user=customer, role=role("seller"), by=None)


def test_a_role_that_was_deleted_meanwhile_is_given_to_nobody(tenant: Tenant) -> None:
    gone = make_role("store.view_products")
    gone_pk = gone.pk
    gone.delete()
    gone.pk = gone_pk
    with refused("role_gone"):
        change_role(member=make_member("seller"), role=gone, by=owner().user)


def test_people_are_told_what_others_do_to_their_place_in_their_own_language(tenant: Tenant) -> None:
    seller, giver = make_member("seller", locale="en"), make_member("owner", locale="fr")
    change_role(member=seller, role=role("manager"), by=giver.user)
    transfer_ownership(to=seller, by=giver.user)
    remove_member(member=giver, by=seller.user)
    sent = {(one.recipient, one.context["role"]): one for one in Delivery.objects.filter(template="team_place")}
    assert set(sent) == {(seller.user.email, "Manager"), (seller.user.email, "Owner"), (giver.user.email, "")}
    for one in sent.values():
        body = render_email(template=one.template, recipient="x@y.org", locale="fr", context=one.context).body
        assert tenant.name in body
        assert one.context["role"] in body
