"""The seats of a team stay counted, whoever comes and goes in whatever way."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from billing import quotas
from shared_apps.accounts.models import User
from shared_apps.accounts.services.personal_data import erase_person
from shared_apps.organisations.current import Tenant
from shared_apps.usage.models import UsageCounter
from tenant_apps.team.models import Invitation, Member, Role
from tenant_apps.team.services import invitations, members
from tenant_apps.team.services.platform_people import PlatformPerson, ensure_owner, enter_as, follow_place
from tenant_apps.team.tests.support import PASSWORD, owner, owner_from_here, refused, role, with_quota
from tests.support.random_runs import Run, check_run, random_runs, runs_of, undone

LIMIT = 4
PEOPLE = [PlatformPerson(uuid.uuid4(), f"plateforme{n}@example.org", "Awa", str(n), "fr") for n in range(4)]


def send(number: int) -> Invitation:
    return invitations.invite(
        invitation_id=uuid.uuid4(), email=f"invite{number}@example.org", role=role("seller"), by=owner().user
    )


def an_invitation(number: int) -> Invitation:
    return Invitation.objects.filter(
        accepted_at=None, revoked_at=None, email=f"invite{number}@example.org"
    ).first() or send(number)


def accept(number: int) -> Member:
    token = uuid.uuid4().hex
    Invitation.objects.filter(pk=an_invitation(number).pk).update(token_hash=invitations._hash(token))
    return invitations.accept_as_new(token=token, first_name="Fatou", last_name="Diop", password=PASSWORD, consent=True)


def let_run_out(_number: int) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def somebody(number: int) -> Member:
    others = list(Member.objects.exclude(role__key=Role.OWNER).order_by("pk"))
    return others[number % len(others)] if others else accept(number)


def erase(number: int) -> None:
    user = somebody(number).user
    erase_person(user=User.objects.get(pk=user.pk), typed=user.email)


OPERATIONS = {
    "invite": send,
    "accept": accept,
    "take an invitation back": lambda number: invitations.revoke(invitation=an_invitation(number), by=owner().user),
    "send an invitation again": lambda number: invitations.resend(invitation=an_invitation(number), by=owner().user),
    "let invitations run out": let_run_out,
    "remove": lambda number: members.remove_member(member=somebody(number), by=owner().user),
    "leave": lambda number: members.leave(user=somebody(number).user),
    "forget a person": erase,
    "enter from the platform": lambda number: enter_as(person=PEOPLE[number], place="admin"),
    "lose the place on the platform": lambda number: follow_place(person=PEOPLE[number], place=""),
}


@random_runs
@given(run=runs_of(OPERATIONS), older=st.booleans())
def test_seats_are_the_truth_after_every_step(tenant: Tenant, run: Run, older: bool) -> None:
    with undone():
        with_quota(tenant, users=LIMIT)
        owner_from_here()
        for number in (0, 1):
            accept(number)
        check_run(OPERATIONS, run, at_most={"users": LIMIT}, older=older)


def test_a_new_owner_gets_in_and_is_counted_though_the_team_is_full(tenant: Tenant) -> None:
    with_quota(tenant, users=1)
    assert UsageCounter.objects.get(name="users").used == 1
    with refused("quota_reached"):
        enter_as(person=PEOPLE[0], place="admin")
    ensure_owner(person=PEOPLE[0])
    ensure_owner(person=PEOPLE[0])
    assert quotas.usage()["users"] == Member.objects.count() == 2
    members.remove_member(member=Member.objects.get(user__email=PEOPLE[0].email), by=None)
    assert quotas.usage()["users"] == 1


def test_invitations_that_run_out_give_their_seats_back_by_themselves(tenant: Tenant) -> None:
    with_quota(tenant, users=2)
    send(0)
    with refused("quota_reached"):
        send(1)
    let_run_out(0)
    send(1)
    assert quotas.usage()["users"] == 1
