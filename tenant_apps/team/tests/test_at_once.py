"""Two people acting at the same moment."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.accounts.services.personal_data import erase_person
from shared_apps.core.errors import DomainError
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import Tenant
from tenant_apps.team.models import ApiKey, Invitation, Member, Role
from tenant_apps.team.services import api_keys, invitations, members
from tenant_apps.team.tests.support import make_member, owner, owner_from_here, role, with_quota
from tests.support.tenants import give_plan, ready_tenant
from tests.support.threads import at_once, interrupted

pytestmark = pytest.mark.usefixtures("committed_db")
GUESTS = 10
FREE = 2


def codes(answers: list[Any]) -> list[str]:
    """What became of each try: "done", or the code it was refused with."""
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, DomainError):
            raise answer
    return [answer.code if isinstance(answer, DomainError) else "done" for answer in answers]


def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the team's lock off."""
    for module in (members, invitations):
        monkeypatch.setattr(module, "lock_team", lambda: None)


def two_owners(tenant: Tenant) -> list[Member]:
    connection.set_tenant(tenant)
    return [owner_from_here(), make_member("owner")]


def demote_each_other(tenant: Tenant) -> list[str]:
    """Two owners make each other administrators; who is left as an owner is the caller's to count."""
    pair = two_owners(tenant)

    def act(number: int) -> Any:
        connection.set_tenant(tenant)
        other = Member.objects.get(pk=pair[1 - number].pk)
        return members.change_role(
            member=other, role=role("administrator"), by=User.objects.get(pk=pair[number].user_id)
        )

    return codes(at_once(2, act))


def owners_left(tenant: Tenant) -> int:
    connection.set_tenant(tenant)
    return Member.objects.filter(role__key=Role.OWNER).count()


def test_two_owners_who_demote_each_other_leave_one() -> None:
    tenant = ready_tenant("store-a")
    assert sorted(demote_each_other(tenant)) == ["above_you", "done"]
    assert owners_left(tenant) == 1


def test_without_the_lock_they_leave_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the race is real. Neither goes on after the check before both have passed it."""
    passed = threading.Barrier(2)
    original: Callable[..., None] = members.check_not_last_owner

    def check_and_dawdle(*args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)
        passed.wait(timeout=20)

    without_the_lock(monkeypatch)
    monkeypatch.setattr(members, "check_not_last_owner", check_and_dawdle)
    tenant = ready_tenant("store-a")
    assert demote_each_other(tenant) == ["done", "done"]
    assert owners_left(tenant) == 0


def test_two_owners_who_leave_at_once_leave_one() -> None:
    tenant = ready_tenant("store-a")
    pair = two_owners(tenant)

    def act(number: int) -> None:
        connection.set_tenant(tenant)
        members.leave(user=User.objects.get(pk=pair[number].user_id))

    assert sorted(codes(at_once(2, act))) == ["done", "last_owner"]
    assert owners_left(tenant) == 1


def test_an_owner_who_hands_over_twice_at_once_has_handed_over_once() -> None:
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    first, heirs = owner_from_here(), [make_member("seller"), make_member("seller")]

    def act(number: int) -> None:
        connection.set_tenant(tenant)
        members.transfer_ownership(to=heirs[number], by=User.objects.get(pk=first.user_id))

    assert sorted(codes(at_once(2, act))) == ["done", "not_owner"]
    assert owners_left(tenant) == 1


def accept_all(tenant: Tenant, guests: int = GUESTS) -> list[str]:
    """So many guests open their links at once, where FREE places are left."""
    connection.set_tenant(tenant)
    for number in range(guests):
        Invitation.objects.create(
            email=f"{number}@example.org",
            role=role("seller"),
            token_hash=invitations._hash(str(number)),
            locale="fr",
            expires_at=timezone.now() + timedelta(days=1),
        )

    def act(number: int) -> Member:
        with_quota(tenant, users=1 + FREE)
        return invitations.accept_as_new(
            token=str(number), first_name="Fatou", last_name="Diop", password="calme-baobab-2026", consent=True
        )

    return codes(at_once(guests, act))


def counts(tenant: Tenant) -> tuple[int, int, int]:
    """Members, accounts and accepted invitations, the owner left out."""
    connection.set_tenant(tenant)
    guests = User.objects.filter(email__endswith="@example.org").exclude(member__role__key=Role.OWNER)
    accepted = Invitation.objects.filter(accepted_at__isnull=False)
    return Member.objects.count() - 1, guests.count(), accepted.count()


def test_guests_who_accept_at_once_never_pass_the_plan() -> None:
    tenant = ready_tenant("store-a")
    answers = accept_all(tenant)
    assert (answers.count("done"), answers.count("quota_reached")) == (FREE, GUESTS - FREE)
    assert counts(tenant) == (FREE, FREE, FREE)


def test_the_plan_holds_without_the_teams_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seats are counted by `billing.quotas`; what happens without that is shown in tests/test_quotas_at_once.py."""
    without_the_lock(monkeypatch)
    tenant = ready_tenant("store-a")
    assert accept_all(tenant).count("done") == FREE
    assert counts(tenant) == (FREE, FREE, FREE)


def test_one_link_opened_many_times_at_once_makes_one_member() -> None:
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    invitation = invitations.invite(
        invitation_id=uuid.uuid4(), email="fatou@example.org", role=role("seller"), by=owner().user
    )
    Invitation.objects.filter(pk=invitation.pk).update(token_hash=invitations._hash("link"))

    def act(_number: int) -> Member:
        connection.set_tenant(tenant)
        return invitations.accept_as_new(
            token="link", first_name="Fatou", last_name="Diop", password="calme-baobab-2026", consent=True
        )

    assert sorted(codes(at_once(5, act))) == ["done", *["invitation_used"] * 4]
    assert counts(tenant) == (1, 1, 1)


def test_somebody_removed_while_they_have_themselves_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both lock the team, then the account."""
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    member = make_member()

    def forget() -> None:
        connection.set_tenant(tenant)
        erase_person(user=User.objects.get(pk=member.user_id), typed=member.user.email)

    answers = interrupted(
        monkeypatch, members, "check_not_last_owner", first=lambda: remove(tenant, member), then=forget
    )
    assert codes(answers) == ["done", "done"]
    connection.set_tenant(tenant)
    assert User.objects.get(pk=member.user_id).email == f"erased-{member.user_id}@invalid"


def remove(tenant: Tenant, member: Member) -> None:
    connection.set_tenant(tenant)
    members.remove_member(member=Member.objects.get(pk=member.pk), by=None)


def make_key(tenant: Tenant, user: User) -> ApiKey:
    connection.set_tenant(tenant)
    scopes = sorted(api_keys.scopes_of(user))
    return api_keys.create_api_key(key_id=uuid.uuid4(), name="Compta", scopes=scopes, expires_at=None, user=user)[0]


def somebody_with_keys() -> tuple[Tenant, Member]:
    """Somebody whose plan includes keys, and whose page has asked already what they may do."""
    give_plan(ready_tenant("store-a"), "gold")
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    member = make_member()
    assert api_keys.scopes_of(member.user)
    return tenant, member


def open_keys(tenant: Tenant) -> int:
    connection.set_tenant(tenant)
    return ApiKey.objects.filter(revoked_at__isnull=True).count()


def test_a_key_made_while_its_maker_is_removed_ends_with_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant, member = somebody_with_keys()
    answers = interrupted(
        monkeypatch, api_keys, "open_api_keys",
        first=lambda: make_key(tenant, member.user), then=lambda: remove(tenant, member),
    )  # fmt: skip
    assert codes(answers) == ["done", "done"]
    assert open_keys(tenant) == 0


def test_who_is_removed_while_they_make_a_key_makes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant, member = somebody_with_keys()
    answers = interrupted(
        monkeypatch, members, "check_not_last_owner",
        first=lambda: remove(tenant, member), then=lambda: make_key(tenant, member.user),
    )  # fmt: skip
    assert codes(answers) == ["done", "scope_not_held"]
    assert open_keys(tenant) == 0
