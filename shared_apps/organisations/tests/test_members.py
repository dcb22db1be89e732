"""Who may change whom in an organisation, and what is left of those who go."""

from __future__ import annotations

import pytest

from shared_apps.accounts.models import User
from shared_apps.accounts.services.personal_data import erase_person
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict, NotAllowed, NotFound
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.models import Membership, Organisation
from shared_apps.organisations.services.members import change_role, leave, remove_member, transfer_ownership
from shared_apps.outbox.models import OutboxMessage
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
ROLES = ["owner", "admin", "billing", "member"]
MAY = {("owner", role) for role in ROLES} | {("admin", "billing"), ("admin", "member")}


@pytest.fixture
def organisation() -> Organisation:
    return Organisation.objects.get(domains__domain="store-a.localhost")


def join(organisation: Organisation, role: str) -> Membership:
    return Membership.objects.create(organisation=organisation, user=make_user(), role=role)


@pytest.mark.parametrize("actor", ROLES)
@pytest.mark.parametrize("target", ROLES)
def test_owners_manage_everybody_and_administrators_those_below_them(organisation, actor, target) -> None:
    who, whom = join(organisation, actor), join(organisation, target)
    if (actor, target) in MAY:
        remove_member(organisation_id=organisation.pk, member_id=whom.pk, by=who.user)
        assert not Membership.objects.filter(pk=whom.pk).exists()
    else:
        with pytest.raises(NotAllowed):
            remove_member(organisation_id=organisation.pk, member_id=whom.pk, by=who.user)
        assert Membership.objects.filter(pk=whom.pk).exists()


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_an_administrator_makes_nobody_as_powerful_as_themselves(organisation, role) -> None:
    admin, member = join(organisation, "admin"), join(organisation, "member")
    with pytest.raises(NotAllowed):
        change_role(organisation_id=organisation.pk, member_id=member.pk, role=role, by=admin.user)
    member.refresh_from_db()
    assert member.role == "member"


def test_nobody_changes_their_own_role(organisation) -> None:
    join(organisation, "owner")
    mine = organisation.memberships.get(user=organisation.owner)
    with pytest.raises(NotAllowed, check=lambda error: error.code == "own_role"):
        change_role(organisation_id=organisation.pk, member_id=mine.pk, role="member", by=organisation.owner)


def test_a_change_of_role_is_noted_told_and_passed_on(organisation) -> None:
    member = join(organisation, "member")
    change_role(organisation_id=organisation.pk, member_id=member.pk, role="admin", by=organisation.owner)
    entry = AuditLog.objects.get(action="membership.role_changed", resource_id=str(member.pk))
    assert (entry.before["role"], entry.after["role"], entry.actor_label) == (
        "member", "admin", organisation.owner.email,
    )  # fmt: skip
    assert Delivery.objects.filter(template="membership_role", recipient=member.user.email).count() == 1
    message = OutboxMessage.objects.get(topic="membership.changed", payload__user=str(member.user_id))
    assert message.payload["organisation"] == str(organisation.pk)


def test_the_last_owner_neither_leaves_nor_is_demoted(organisation) -> None:
    with pytest.raises(Conflict, check=lambda error: error.code == "last_owner"):
        leave(organisation_id=organisation.pk, user=organisation.owner)
    assert organisation.memberships.filter(role="owner").count() == 1


def test_the_organisation_belongs_to_an_owner_who_is_still_there(organisation) -> None:
    first, second = organisation.owner, join(organisation, "owner")
    leave(organisation_id=organisation.pk, user=first)
    organisation.refresh_from_db()
    assert organisation.owner_id == second.user_id
    assert AuditLog.objects.filter(action="organisation.owner_changed").count() == 1


def test_an_owner_whose_account_is_closed_counts_for_none(organisation) -> None:
    gone, member = join(organisation, "owner"), join(organisation, "member")
    for somebody in (gone, member):
        User.objects.filter(pk=somebody.user_id).update(is_active=False)
    with pytest.raises(Conflict, check=lambda error: error.code == "last_owner"):
        leave(organisation_id=organisation.pk, user=organisation.owner)
    by = {"organisation_id": organisation.pk, "by": organisation.owner}
    for make_owner in (
        lambda: transfer_ownership(member_id=member.pk, **by),
        lambda: change_role(member_id=member.pk, role="owner", **by),
    ):
        with pytest.raises(Conflict, check=lambda error: error.code == "account_closed"):
            make_owner()


def test_handing_over_makes_the_new_owner_and_keeps_the_old_one_as_administrator(organisation) -> None:
    old, other_owner, member = organisation.owner, join(organisation, "owner"), join(organisation, "member")
    transfer_ownership(organisation_id=organisation.pk, member_id=member.pk, by=old)
    organisation.refresh_from_db()
    assert organisation.owner_id == member.user_id
    roles = dict(organisation.memberships.values_list("user_id", "role"))
    assert (roles[old.pk], roles[member.user_id], roles[other_owner.user_id]) == ("admin", "owner", "owner")


@pytest.mark.parametrize("role", ["admin", "billing", "member"])
def test_only_an_owner_hands_over(organisation, role) -> None:
    actor, member = join(organisation, role), join(organisation, "member")
    with pytest.raises(NotAllowed):
        transfer_ownership(organisation_id=organisation.pk, member_id=member.pk, by=actor.user)
    assert organisation.memberships.filter(role="owner").count() == 1


def test_members_of_another_organisation_are_out_of_reach(organisation) -> None:
    other = Organisation.objects.get(domains__domain="store-b.localhost")
    theirs = join(other, "member")
    for act in (remove_member, transfer_ownership):
        with pytest.raises(NotFound):
            act(organisation_id=organisation.pk, member_id=theirs.pk, by=organisation.owner)
        with pytest.raises(NotFound):
            act(organisation_id=other.pk, member_id=theirs.pk, by=organisation.owner)
    assert Membership.objects.filter(pk=theirs.pk, role="member").exists()


def test_without_an_active_owner_people_still_come_and_go(organisation) -> None:
    User.objects.filter(pk=organisation.owner_id).update(is_active=False)
    admin, removed, moved, left, forgotten = (join(organisation, role) for role in ("admin", *["member"] * 4))
    remove_member(organisation_id=organisation.pk, member_id=removed.pk, by=admin.user)
    change_role(organisation_id=organisation.pk, member_id=moved.pk, role="billing", by=admin.user)
    leave(organisation_id=organisation.pk, user=left.user)
    erase_person(user=forgotten.user, typed=forgotten.user.email)
    assert set(organisation.memberships.exclude(role="owner")) == {admin, moved}
    before = organisation.owner_id
    organisation.refresh_from_db()
    assert organisation.owner_id == before
