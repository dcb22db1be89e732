"""Changing what roles allow."""

from __future__ import annotations

import uuid

import pytest

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditLog
from shared_apps.organisations.current import Tenant
from tenant_apps.team.models import Role
from tenant_apps.team.products import product_config
from tenant_apps.team.selectors import permissions_of
from tenant_apps.team.services.invitations import invite
from tenant_apps.team.services.members import change_role
from tenant_apps.team.services.roles import create_role, delete_role, save_role
from tenant_apps.team.tests.support import make_member, make_role, of_sellers, owner, refused, role


@pytest.mark.parametrize(
    ("tenant", "keys"),
    [
        ("store-a", ["owner", "administrator", "manager", "seller", "client"]),
        ("events-a", ["owner", "administrator", "organiser", "validator", "door_staff", "member"]),
        ("esxi-a", ["owner", "administrator", "operator", "viewer"]),
    ],
    indirect=["tenant"],
)
def test_provisioning_makes_the_roles_of_the_product(tenant: Tenant, keys: list[str]) -> None:
    config = product_config(tenant.product)
    everything = {one.code for one in config.all_permissions()}
    assert [one.key for one in Role.objects.all()] == keys
    for template in config.all_roles():
        made = role(template.key)
        expected = everything if template.permissions is None else set(template.permissions)
        assert set(made.permissions) == expected
        assert set(made.permissions) <= everything
        assert (made.for_customers, str(made)) == (template.for_customers, template.label)


def test_an_owner_adds_a_role_once_however_often_the_form_is_sent(tenant: Tenant) -> None:
    key = uuid.uuid4()
    made = [
        create_role(role_id=key, name="Stagiaire", permissions=["store.view_products"], by=owner().user)
        for _time in range(2)
    ]
    assert made[0].pk == made[1].pk
    intern = make_member("seller")
    change_role(member=intern, role=made[0], by=owner().user)
    assert permissions_of(User.objects.get(pk=intern.user_id)) == {"store.view_products"}
    assert AuditLog.objects.get(action="team.role.created").after["permissions"] == ["store.view_products"]


def test_a_changed_role_counts_at_once_for_all_who_have_it(tenant: Tenant) -> None:
    seller = make_member("seller")
    save_role(
        role=role("seller"), name="Vente", permissions=["store.view_products", "store.change_products"], by=owner().user
    )
    assert "store.change_products" in permissions_of(User.objects.get(pk=seller.user_id))
    assert str(role("seller")) == "Vente"
    entry = AuditLog.objects.get(action="team.role.changed")
    assert (entry.before["name"], entry.after["name"]) == ("seller", "Vente")
    assert set(entry.before["permissions"]) == set(of_sellers())


def test_a_role_saved_unchanged_is_no_change(tenant: Tenant) -> None:
    save_role(role=role("seller"), name="", permissions=list(of_sellers()), by=owner().user)
    assert not AuditLog.objects.filter(action="team.role.changed").exists()


def test_a_products_role_gets_its_own_name_back(tenant: Tenant) -> None:
    for name in ("Vente", ""):
        save_role(role=role("seller"), name=name, permissions=["store.view_products"], by=owner().user)
    assert role("seller").name == ""


def test_nobody_puts_into_a_role_what_they_lack_nor_takes_it_out(tenant: Tenant) -> None:
    editor = make_member(make_role("team.manage_roles", "store.view_products")).user
    seller, manager = role("seller"), role("manager")
    with refused("beyond_you"):
        save_role(role=seller, name="", permissions=["store.view_products", "store.change_products"], by=editor)
    with refused("beyond_you"):
        save_role(role=manager, name="", permissions=["store.view_products"], by=editor)
    with refused("beyond_you"):
        create_role(role_id=uuid.uuid4(), name="Tout", permissions=["team.manage_members"], by=editor)
    kept = [code for code in manager.permissions if code != "store.view_products"]
    save_role(role=manager, name="", permissions=kept, by=editor)
    assert "store.view_products" not in role("manager").permissions


def test_who_may_not_change_roles_changes_none(tenant: Tenant) -> None:
    manager = make_member("manager").user
    own = make_role("store.view_products")
    for act in (
        lambda: save_role(role=own, name="X", permissions=["store.view_products"], by=manager),
        lambda: create_role(role_id=uuid.uuid4(), name="X", permissions=["store.view_products"], by=manager),
        lambda: delete_role(role=own, by=manager),
    ):
        with refused("not_allowed"):
            act()


def test_the_owners_role_is_never_changed_nor_deleted(tenant: Tenant) -> None:
    with refused("owner_role"):
        save_role(role=role("owner"), name="Chef", permissions=["store.view_products"], by=owner().user)
    with refused("product_role"):
        delete_role(role=role("owner"), by=owner().user)


@pytest.mark.parametrize("code", ["store.fly", "events.view_events", ""])
def test_a_permission_that_the_product_does_not_have_is_refused(tenant: Tenant, code: str) -> None:
    with refused("unknown_permission"):
        create_role(role_id=uuid.uuid4(), name="X", permissions=["store.view_products", code], by=owner().user)


def test_customers_never_manage_the_workspace(tenant: Tenant) -> None:
    with refused("customers_outside"):
        save_role(role=role("client"), name="", permissions=["team.view_members"], by=owner().user)
    save_role(role=role("client"), name="Abonné", permissions=[], by=owner().user)


def test_a_role_of_the_team_allows_something(tenant: Tenant) -> None:
    with refused("no_permission"):
        save_role(role=role("seller"), name="", permissions=[], by=owner().user)


def test_two_roles_never_show_the_same_name(tenant: Tenant) -> None:
    """Nor one that a role of the product would get back."""
    product_name = str(role("manager"))
    make_role("store.view_products", name="Stagiaire")
    Role.objects.filter(key="manager").update(name="Gérant")
    for name in ("Stagiaire", "STAGIAIRE", "Gérant", product_name, str(role("owner"))):
        with refused("name_taken"):
            create_role(role_id=uuid.uuid4(), name=name, permissions=["store.view_products"], by=owner().user)


def test_a_role_of_ones_own_needs_a_name(tenant: Tenant) -> None:
    with refused("name_needed"):
        create_role(role_id=uuid.uuid4(), name="", permissions=["store.view_products"], by=owner().user)


def test_a_role_goes_only_when_nobody_has_it_and_the_refusal_names_them(tenant: Tenant) -> None:
    own = make_role("store.view_products")
    intern = make_member(own, first_name="Fatou", last_name="Diop")
    invite(invitation_id=uuid.uuid4(), email="paul@example.org", role=own, by=owner().user)
    with refused("role_in_use") as error:
        delete_role(role=own, by=owner().user)
    assert "Fatou Diop" in str(error.value)
    assert "paul@example.org" in str(error.value)
    change_role(member=intern, role=role("seller"), by=owner().user)
    own.invitations.update(revoked_at=own.invitations.get().sent_at)
    delete_role(role=own, by=owner().user)
    delete_role(role=own, by=owner().user)
    assert not Role.objects.filter(pk=own.pk).exists()
    assert AuditLog.objects.filter(action="team.role.deleted").count() == 1


def test_roles_of_the_product_stay(tenant: Tenant) -> None:
    with refused("product_role"):
        delete_role(role=role("seller"), by=owner().user)
