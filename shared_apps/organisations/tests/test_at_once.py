"""Changes of an organisation's people made at the same moment."""

from __future__ import annotations

import re
from typing import Any

from shared_apps.core.errors import Conflict
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.models import Membership, Organisation
from shared_apps.organisations.services import locks, members
from shared_apps.organisations.services.invitations import accept_invitation, invite
from tests.support.factories import make_user
from tests.support.threads import at_once


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
        from threading import Barrier

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
