"""Invitations to an organisation: the link, its end, and who may send it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from shared_apps.core.errors import Conflict, DomainError, NotAllowed, NotFound, TooManyAttempts
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.models import Invitation, Membership, Organisation
from shared_apps.organisations.services.invitations import (
    accept_invitation,
    invite,
    resend_invitation,
    revoke_invitation,
)
from shared_apps.organisations.services.members import change_role, remove_member
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation() -> Organisation:
    return Organisation.objects.get(domains__domain="store-a.localhost")


def join(organisation: Organisation, role: str) -> Membership:
    return Membership.objects.create(organisation=organisation, user=make_user(), role=role)


def last_token() -> str:
    """The token in the mail sent last; the database has its hash only."""
    url = Delivery.objects.filter(template="organisation_invitation").order_by("-created_at", "-pk")[0].context["url"]
    found = re.search(r"/invitations/([\w-]+)/$", url)
    assert found
    return found[1]


def send(organisation: Organisation, email: str = "awa@example.org", role: str = "member") -> str:
    Delivery.objects.all().delete()
    invite(organisation_id=organisation.pk, email=email, role=role, by=organisation.owner)
    return last_token()


def test_the_token_itself_is_kept_nowhere(organisation) -> None:
    token = send(organisation)
    row = Invitation.objects.get()
    assert token not in str(row.__dict__)
    assert len(row.token_hash) == 64


def test_accepting_gives_the_role_once(organisation) -> None:
    token, awa = send(organisation, role="billing"), make_user(email="awa@example.org")
    first = accept_invitation(token=token, user=awa)
    assert (first.role, accept_invitation(token=token, user=awa).pk) == ("billing", first.pk)
    organisation.memberships.filter(user=awa).delete()
    with pytest.raises(DomainError, check=lambda error: error.code == "invitation_used"):
        accept_invitation(token=token, user=awa)


def test_the_link_is_for_the_address_it_was_sent_to(organisation) -> None:
    token, stranger = send(organisation), make_user()
    with pytest.raises(NotAllowed):
        accept_invitation(token=token, user=stranger)
    assert not organisation.memberships.filter(user=stranger).exists()


@pytest.mark.parametrize("end", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(seconds=1)}])
def test_an_invitation_that_has_ended_gives_nothing(organisation, end) -> None:
    token, awa = send(organisation), make_user(email="awa@example.org")
    Invitation.objects.update(**end)
    with pytest.raises(DomainError, check=lambda error: error.code == "invitation_ended"):
        accept_invitation(token=token, user=awa)
    assert not organisation.memberships.filter(user=awa).exists()


def test_a_token_nobody_sent_leads_nowhere(organisation) -> None:
    token = send(organisation)
    for guess in ("", token[:-1], token.upper(), Invitation.objects.get().token_hash):
        with pytest.raises(NotFound):
            accept_invitation(token=guess, user=make_user())


def test_sending_again_ends_the_old_link_and_is_not_done_twice_in_a_row(organisation) -> None:
    old, awa = send(organisation), make_user(email="awa@example.org")
    invitation = Invitation.objects.get()
    again = {"organisation_id": organisation.pk, "invitation_id": invitation.pk, "by": organisation.owner}
    with pytest.raises(TooManyAttempts):
        resend_invitation(**again)
    Invitation.objects.update(sent_at=timezone.now() - timedelta(minutes=6))
    Delivery.objects.all().delete()
    resend_invitation(**again)
    with pytest.raises(NotFound):
        accept_invitation(token=old, user=awa)
    assert accept_invitation(token=last_token(), user=awa).role == "member"


def test_members_and_those_already_invited_are_not_invited_again(organisation) -> None:
    send(organisation)
    with pytest.raises(Conflict, check=lambda error: error.code == "already_invited"):
        invite(organisation_id=organisation.pk, email="AWA@example.org ", role="member", by=organisation.owner)
    with pytest.raises(Conflict, check=lambda error: error.code == "already_member"):
        invite(organisation_id=organisation.pk, email=organisation.owner.email, role="member", by=organisation.owner)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    invite(organisation_id=organisation.pk, email="awa@example.org", role="admin", by=organisation.owner)
    assert Invitation.objects.filter(revoked_at__isnull=True).get().role == "admin"


@pytest.mark.parametrize(("actor", "role"), [("admin", "admin"), ("billing", "member"), ("member", "member")])
def test_nobody_offers_more_than_they_may_give(organisation, actor, role) -> None:
    who = join(organisation, actor).user
    with pytest.raises(NotAllowed):
        invite(organisation_id=organisation.pk, email="awa@example.org", role=role, by=who)
    with pytest.raises(NotAllowed):
        invite(organisation_id=organisation.pk, email="awa@example.org", role="owner", by=organisation.owner)
    assert not Invitation.objects.exists()


def test_strangers_find_neither_organisation_nor_invitation(organisation) -> None:
    send(organisation)
    other = Organisation.objects.get(domains__domain="store-b.localhost")
    invitation = Invitation.objects.get()
    with pytest.raises(NotFound):
        invite(organisation_id=organisation.pk, email="x@example.org", role="member", by=other.owner)
    for organisation_id in (organisation.pk, other.pk):
        with pytest.raises(NotFound):
            revoke_invitation(organisation_id=organisation_id, invitation_id=invitation.pk, by=other.owner)
    invitation.refresh_from_db()
    assert invitation.revoked_at is None


def test_the_invitations_of_somebody_removed_end_with_their_place(organisation) -> None:
    admin = join(organisation, "admin")
    invite(organisation_id=organisation.pk, email="second@example.org", role="member", by=admin.user)
    remove_member(organisation_id=organisation.pk, member_id=admin.pk, by=organisation.owner)
    assert Invitation.objects.get().revoked_at is not None


def test_an_invitation_ends_with_its_senders_right_to_send_it(organisation) -> None:
    admin, awa = join(organisation, "admin"), make_user(email="awa@example.org")
    invite(organisation_id=organisation.pk, email=awa.email, role="member", by=admin.user)
    token = last_token()
    change_role(organisation_id=organisation.pk, member_id=admin.pk, role="billing", by=organisation.owner)
    with pytest.raises(DomainError, check=lambda error: error.code == "invitation_ended"):
        accept_invitation(token=token, user=awa)
    Invitation.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    Delivery.objects.all().delete()
    resend_invitation(organisation_id=organisation.pk, invitation_id=Invitation.objects.get().pk, by=organisation.owner)
    assert accept_invitation(token=last_token(), user=awa).role == "member"


def test_an_invitation_that_has_ended_with_its_senders_right_makes_way(organisation) -> None:
    admin = join(organisation, "admin")
    invite(organisation_id=organisation.pk, email="awa@example.org", role="member", by=admin.user)
    change_role(organisation_id=organisation.pk, member_id=admin.pk, role="billing", by=organisation.owner)
    invite(organisation_id=organisation.pk, email="awa@example.org", role="admin", by=organisation.owner)
    assert Invitation.objects.filter(revoked_at__isnull=True).get().role == "admin"
