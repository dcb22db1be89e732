"""Changes of an organisation's people made at the same moment."""

from __future__ import annotations

import re
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from shared_apps.accounts.models import User
from shared_apps.accounts.services import closing, personal_data
from shared_apps.accounts.tests.support import browser_of
from shared_apps.core.errors import Conflict, NotFound
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.models import Membership, Organisation
from shared_apps.organisations.services import locks, members
from shared_apps.organisations.services.invitations import accept_invitation, invite
from tests.support.factories import make_user
from tests.support.portal import member_of, organisation_at
from tests.support.threads import at_once, interrupted


def two_owners() -> tuple[Organisation, list[Any]]:
    organisation = Organisation.objects.get(domains__domain="store-a.localhost")
    second = make_user()
    Membership.objects.create(organisation=organisation, user=second, role="owner")
    return organisation, [organisation.owner, second]


def test_two_owners_who_leave_at_once_leave_one(committed_db) -> None:
    organisation, owners = two_owners()
    results = at_once(2, lambda i: members.leave(organisation_id=organisation.pk, user=owners[i]))
    assert sorted(type(one).__name__ for one in results) == ["Conflict", "NoneType"]
    remaining = organisation.memberships.get(role="owner")
    organisation.refresh_from_db()
    assert organisation.owner_id == remaining.user_id


def test_without_the_lock_both_would_have_left(committed_db, monkeypatch) -> None:
    organisation, owners = two_owners()
    monkeypatch.setattr(members, "lock_organisation", lambda pk: Organisation.objects.get(pk=pk))
    monkeypatch.setattr(members, "_settle_owner", lambda organisation, by: None)
    met = _Meeting(members._check_owner_remains)
    monkeypatch.setattr(members, "_check_owner_remains", met)
    at_once(2, lambda i: members.leave(organisation_id=organisation.pk, user=owners[i]))
    assert not organisation.memberships.filter(role="owner").exists()
    assert locks.lock_organisation is not members.lock_organisation


class _Meeting:
    """Lets both threads pass a check before either goes on."""

    def __init__(self, check: Any) -> None:
        self.check, self.both = check, Barrier(2)

    def __call__(self, *args: Any) -> None:
        self.check(*args)
        self.both.wait(timeout=20)


def test_an_invitation_accepted_twice_at_once_gives_one_place(committed_db) -> None:
    organisation = Organisation.objects.get(domains__domain="store-a.localhost")
    awa = make_user(email="awa@example.org")
    invite(organisation_id=organisation.pk, email=awa.email, role="member", by=organisation.owner)
    url = Delivery.objects.get(template="organisation_invitation").context["url"]
    token = re.findall(r"[\w-]{20,}", url)[-1]
    results = at_once(4, lambda _: accept_invitation(token=token, user=awa))
    assert len({one.pk for one in results}) == 1
    assert not any(isinstance(one, Conflict) for one in results)
    assert organisation.memberships.filter(user=awa).count() == 1


def go(user: User, way: str) -> None:
    user = User.objects.get(pk=user.pk)
    if way == "close":
        closing.close_account(user=user)
    else:
        personal_data.erase_person(user=user, typed=user.email)


def codes(answers: list[Any]) -> list[str]:
    """What became of each try: "done", or the code it was refused with."""
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, Conflict):
            raise answer
    return [answer.code if isinstance(answer, Conflict) else "done" for answer in answers]


def active_owners(organisation: Organisation) -> list[Any]:
    owners = organisation.memberships.filter(role="owner", user__is_active=True)
    return list(owners.values_list("user_id", flat=True))


def make_owner_of_who_goes(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    organisation = organisation_at()
    heir = member_of(organisation, "admin")
    place = organisation.memberships.get(user=heir)
    answers = interrupted(
        monkeypatch, members, "_check_may_own",
        first=lambda: members.transfer_ownership(
            organisation_id=organisation.pk, member_id=place.pk, by=organisation.owner
        ),
        then=lambda: go(heir, way),
    )  # fmt: skip
    assert codes(answers) == ["done", "last_owner"]
    assert active_owners(organisation) == [heir.pk]


@pytest.mark.parametrize("way", ["close", "erase"])
def test_who_goes_while_they_are_made_the_owner_stays(committed_db, monkeypatch, way) -> None:
    make_owner_of_who_goes(monkeypatch, way)


def test_so_does_who_had_no_place_yet_when_closing_took_its_locks(committed_db, monkeypatch) -> None:
    """The lock of the account alone orders them then."""
    monkeypatch.setattr(locks, "lock_organisations_of", lambda user: None)
    make_owner_of_who_goes(monkeypatch, "close")


@pytest.mark.parametrize(
    ("way", "module", "refusal"), [("close", closing, Conflict), ("erase", personal_data, NotFound)]
)
def test_nobody_is_made_the_owner_while_they_go(committed_db, monkeypatch, way, module, refusal) -> None:
    organisation = organisation_at()
    heir = member_of(organisation, "admin")
    place = organisation.memberships.get(user=heir)
    answers = interrupted(
        monkeypatch, module, "tell_apps",
        first=lambda: go(heir, way),
        then=lambda: members.transfer_ownership(
            organisation_id=organisation.pk, member_id=place.pk, by=organisation.owner
        ),
    )  # fmt: skip
    assert [type(one) for one in answers] == [type(None), refusal]
    assert active_owners(organisation) == [organisation.owner_id]


def test_two_owners_who_are_forgotten_at_once_and_work_in_each_others_organisations(committed_db, monkeypatch) -> None:
    both = [organisation_at("store-a"), organisation_at("events-a")]
    people = [make_user(), make_user()]
    for number, person in enumerate(people):
        Membership.objects.create(organisation=both[number], user=person, role="owner")
        Membership.objects.create(organisation=both[1 - number], user=person, role="member")
    browsers = [browser_of(person) for person in people]
    met, tell_apps = Barrier(2), personal_data.tell_apps

    def dawdle(user: User) -> None:
        tell_apps(user)
        with suppress(BrokenBarrierError):  # the other waits for a lock, as it should
            met.wait(timeout=3)

    monkeypatch.setattr(personal_data, "tell_apps", dawdle)

    def erase(number: int) -> int:
        return browsers[number].post("/accounts/privacy/erase/", {"typed": people[number].email}).status_code

    assert at_once(2, erase) == [200, 200]
    assert not Membership.objects.filter(user__in=people).exists()
