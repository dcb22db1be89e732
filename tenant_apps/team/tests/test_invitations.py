"""Offering a place in the team and taking it."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.accounts.services.registration import is_verified
from shared_apps.audit.models import AuditLog
from shared_apps.core.context import platform_url
from shared_apps.core.tenancy import connection
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import render_email
from shared_apps.organisations.current import Tenant
from tenant_apps.team.models import Invitation, Member
from tenant_apps.team.selectors import promised_seats
from tenant_apps.team.services.invitations import (
    SENDINGS_PER_ADDRESS,
    SENDINGS_PER_WORKSPACE,
    accept,
    accept_as_new,
    access_invitation,
    invite,
    resend,
    revoke,
)
from tenant_apps.team.services.members import change_role, remove_member
from tenant_apps.team.services.roles import save_role
from tenant_apps.team.tests.support import (
    PASSWORD,
    make_member,
    make_role,
    of_sellers,
    owner,
    refused,
    role,
    with_quota,
)
from tests.support.tenants import ready_tenant

EMAIL = "fatou@example.org"


def send(email: str = EMAIL, **options: Any) -> Invitation:
    values: dict[str, Any] = {"invitation_id": uuid.uuid4(), "role": role("seller"), "by": owner().user, **options}
    return invite(email=email, **values)


def token_to(email: str = EMAIL) -> str:
    """The token in the latest mail to an address."""
    latest = Invitation.objects.get(email=email, revoked_at=None)
    url = Delivery.objects.get(key=f"team-invitation:{latest.token_hash}").context["url"]
    return re.fullmatch(r"http://[^/]+/invitations/([\w-]{43})/", url)[1]  # type: ignore[index]  # it matches


def join(token: str, **options: Any) -> Member:
    return accept_as_new(
        token=token, **{"first_name": "Fatou", "last_name": "Diop", "password": PASSWORD, "consent": True, **options}
    )


def customer(email: str = EMAIL, *, verified: bool = True) -> User:
    user = User.objects.create_user(email, PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user


def test_an_invitation_makes_an_account_and_a_member_once(tenant: Tenant) -> None:
    send("Fatou@Example.org ")
    member = join(token_to())
    assert (member.user.email, member.role.key, member.user.is_staff) == (EMAIL, "seller", True)
    assert is_verified(member.user)
    assert member.user.check_password(PASSWORD)
    with refused("invitation_used"):
        join(token_to())
    actions = set(AuditLog.objects.values_list("action", flat=True))
    assert {"team.invitation.sent", "team.invitation.accepted", "team.member.joined", "account.registered"} <= actions


def test_only_the_hash_of_the_token_is_kept_and_the_mail_leads_to_the_tenant(tenant: Tenant) -> None:
    sent = send()
    token = token_to()
    assert token not in str(Invitation.objects.values().get(pk=sent.pk))
    assert Delivery.objects.get().context["url"].startswith(f"http://{tenant.primary_host}")
    assert token not in str(list(AuditLog.objects.values()))


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_the_mail_says_who_invites_to_what(tenant: Tenant, locale: str) -> None:
    send()
    mail = Delivery.objects.get()
    message = render_email(template=mail.template, recipient=EMAIL, locale=locale, context=mail.context)
    assert tenant.name in message.subject
    for text in (str(owner().user), tenant.name, mail.context["url"], "14"):
        assert text in message.body


def test_the_same_form_sent_twice_invites_once(tenant: Tenant) -> None:
    key = uuid.uuid4()
    assert send(invitation_id=key).pk == send(invitation_id=key).pk
    assert Delivery.objects.count() == 1


def test_an_open_invitation_and_a_member_are_said_so(tenant: Tenant) -> None:
    send()
    with refused("already_invited"):
        send(EMAIL.upper())
    with refused("already_member"):
        send(owner().user.email)


def test_nobody_invites_to_more_than_they_hold(tenant: Tenant) -> None:
    head = make_member(make_role("team.manage_members", "store.view_products")).user
    with refused("above_you"):
        send(by=head, role=role("manager"))
    with refused("above_you"):
        send(by=make_member().user, role=role("owner"))
    with refused("not_allowed"):
        send(by=make_member("manager").user)
    with refused("customer_role"):
        send(role=role("client"))
    assert not Delivery.objects.exists()
    above = send(role=role("manager"))
    for act in (resend, revoke):
        with refused("above_you"):
            act(invitation=above, by=head)


def test_invitations_hold_a_place_until_they_end(tenant: Tenant) -> None:
    with_quota(tenant, users=2)
    first = send()
    with refused("quota_reached") as error:
        send("paul@example.org")
    assert error.value.extra["upgrade_url"] == platform_url(f"/organisations/{tenant.pk}/plan/")
    assert error.value.field == "email"
    revoke(invitation=first, by=owner().user)
    send("paul@example.org")


def test_an_old_invitation_holds_no_place_and_needs_one_to_be_sent_again(tenant: Tenant) -> None:
    with_quota(tenant, users=2)
    old = send()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with refused("invitation_expired"):
        join(token_to())
    send("paul@example.org")
    with refused("quota_reached"):
        resend(invitation=old, by=owner().user)


def test_an_invitation_sent_again_has_a_new_link_and_the_old_one_ends(tenant: Tenant) -> None:
    sent = send()
    first = token_to()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    resend(invitation=sent, by=owner().user)
    assert token_to() != first
    with refused("invitation_unknown"):
        join(first)
    join(token_to())


def test_an_invitation_taken_back_is_worthless_and_cannot_be_sent_again(tenant: Tenant) -> None:
    sent = send()
    token = token_to()
    revoke(invitation=sent, by=owner().user)
    with refused("invitation_unknown"):
        join(token)
    for act in (resend, revoke):
        with refused("invitation_over"):
            act(invitation=sent, by=owner().user)
    send()


def test_sending_is_limited_for_each_address_and_for_the_workspace(tenant: Tenant) -> None:
    sent = send()
    for _time in range(SENDINGS_PER_ADDRESS - 1):
        resend(invitation=sent, by=owner().user)
    with refused("too_many_attempts"):
        resend(invitation=sent, by=owner().user)
    with_quota(tenant, users=None)
    for number in range(SENDINGS_PER_WORKSPACE - SENDINGS_PER_ADDRESS):
        send(f"{number}@example.org")
    with refused("too_many_attempts"):
        send("one-more@example.org")


def test_who_has_an_account_joins_with_it_and_keeps_its_password(tenant: Tenant) -> None:
    known = customer()
    send()
    with refused("account_exists"):
        join(token_to(), password="un-autre-mot-de-passe")
    member = accept(token=token_to(), user=known)
    known.refresh_from_db()
    assert (member.user_id, known.is_staff, known.check_password(PASSWORD)) == (known.pk, True, True)


def test_an_invitation_is_for_its_address_only(tenant: Tenant) -> None:
    send()
    with refused("other_account"):
        accept(token=token_to(), user=customer("other@example.org"))
    with refused("other_account"):
        accept(token=token_to(), user=customer(verified=False))
    assert not Member.objects.exclude(role__key="owner").exists()


def test_an_account_somebody_registered_with_anothers_address_is_taken_over(tenant: Tenant) -> None:
    """Whoever registered it first cannot come in by the password they chose."""
    squatted = customer(verified=False)
    send()
    member = join(token_to(), password="le-vrai-mot-de-passe")
    squatted.refresh_from_db()
    assert member.user_id == squatted.pk
    assert squatted.check_password("le-vrai-mot-de-passe")
    assert is_verified(squatted)


def test_whoever_joins_with_a_new_account_accepts_the_terms(tenant: Tenant) -> None:
    send()
    token = token_to()
    with refused("consent_required"):
        join(token, consent=False)
    member = join(token)
    assert set(member.user.consents.values_list("document", flat=True)) == {"terms", "privacy"}


def test_a_weak_password_is_refused_and_the_link_still_works(tenant: Tenant) -> None:
    send()
    with refused("weak_password") as error:
        join(token_to(), password="fatou")
    assert error.value.field == "password"
    assert not User.objects.filter(email=EMAIL).exists()
    join(token_to())


def test_without_a_free_place_nothing_is_made_and_the_link_still_works(tenant: Tenant) -> None:
    send()
    with_quota(tenant, users=1)
    with refused("quota_reached"):
        join(token_to())
    assert not User.objects.filter(email=EMAIL).exists()
    with_quota(tenant, users=2)
    join(token_to())


def test_a_link_of_one_tenant_means_nothing_in_another(tenant: Tenant) -> None:
    send()
    token = token_to()
    connection.set_tenant(ready_tenant("store-b"))
    with refused("invitation_unknown"):
        access_invitation(token=token)
    with refused("invitation_unknown"):
        join(token)


def test_an_invitation_ends_with_its_senders_right_to_send_it(tenant: Tenant) -> None:
    chief = make_member("administrator")
    send(by=chief.user, role=role("manager"))
    token = token_to()
    change_role(member=chief, role=role("seller"), by=owner().user)
    with refused("invitation_unknown"):
        join(token)
    with refused("invitation_unknown"):
        accept(token=token, user=customer())
    assert not Member.objects.filter(user__email=EMAIL).exists()
    resend(invitation=Invitation.objects.get(), by=owner().user)
    assert accept(token=token_to(), user=User.objects.get(email=EMAIL)).role.key == "manager"


@pytest.mark.parametrize("lost", ["role", "permission", "place", "account", "time"])
def test_an_invitation_whose_link_has_ended_holds_no_place_and_makes_way(tenant: Tenant, lost: str) -> None:
    with_quota(tenant, users=3)
    chief = make_member(make_role("team.manage_members", *of_sellers()))
    ended = send(by=chief.user)
    match lost:
        case "role":
            change_role(member=chief, role=role("seller"), by=owner().user)
        case "permission":
            save_role(role=chief.role, name="Chef", permissions=["store.view_products"], by=owner().user)
        case "place":
            remove_member(member=chief, by=owner().user)
        case "account":
            User.objects.filter(pk=chief.user_id).update(is_active=False)
        case "time":
            Invitation.objects.update(expires_at=timezone.now())
    assert promised_seats() == 0
    anew = send(role=role("manager"))
    assert promised_seats() == 1
    ended.refresh_from_db()
    assert ended.revoked_at
    assert AuditLog.objects.filter(action="team.invitation.revoked", resource_id=str(ended.pk)).count() == 1
    assert join(token_to()).role == anew.role


def test_an_ended_invitation_needs_a_place_to_be_sent_again(tenant: Tenant) -> None:
    with_quota(tenant, users=3)
    chief = make_member("administrator")
    ended = send(by=chief.user)
    change_role(member=chief, role=role("seller"), by=owner().user)
    send("paul@example.org")
    with refused("quota_reached"):
        resend(invitation=ended, by=owner().user)


def test_a_key_that_was_used_shows_an_invitation_only_to_who_may_invite(tenant: Tenant) -> None:
    sent = send()
    with refused("not_allowed"):
        send(invitation_id=sent.pk, by=make_member("seller").user)
