"""Offering places in the team by mail. Changes lock the team (`lock_team`)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from billing import quotas
from shared_apps.accounts.models import User
from shared_apps.accounts.services.consent import note_consents
from shared_apps.accounts.services.registration import check_consent, check_password_strength, is_verified
from shared_apps.accounts.services.sessions import end_all_sessions
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import own_url
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import check_rate
from shared_apps.notifications.services import notify_by_email
from shared_apps.organisations.current import current_tenant
from tenant_apps.team.models import Invitation, Member, Role
from tenant_apps.team.selectors import (
    could_still_be_sent,
    may_be_accepted,
    open_invitations,
    promised_seats,
    role_standing,
)
from tenant_apps.team.services.locks import lock_team
from tenant_apps.team.services.members import add_member, check_may_manage, staff_role
from tenant_apps.team.services.platform_people import drop_ways_in

LIFETIME = timedelta(days=14)
SENDINGS_PER_ADDRESS = 3
SENDINGS_PER_WORKSPACE = 60
HOUR = 3600
NO_PLACE = _(
    "All places of this team are taken. Ask the person who invited you to make room, then open this link again: your "
    "invitation stays valid."
)
INVITE_FULL = _(
    "Your plan %(plan)s includes a team of %(limit)s, and all places are taken or offered. Take an invitation back, "
    "remove somebody, or move to a larger plan."
)


@transaction.atomic
def invite(*, invitation_id: UUID, email: str, role: Role, by: User) -> Invitation:
    """Offer a place and send the link; takes back one whose link has ended. Locks the team; one transaction.

    The same `invitation_id` again returns the invitation made the first time. Raises TooManyAttempts, QuotaReached,
    NotAllowed (`not_allowed`, `above_you`), Conflict (`already_member`, `already_invited`, `role_gone`) and DomainError
    (`customer_role`).
    """
    lock_team()
    address, role = email.strip().lower(), staff_role(role)
    check_may_manage(by, role_standing(role))
    made = Invitation.objects.filter(pk=invitation_id).first()
    if made:
        return made
    _make_way(address, by=by)
    _check_seat_to_promise(field="email")
    locale = get_language() or current_tenant().locale
    invitation = Invitation(id=invitation_id, email=address, role=role, invited_by=by, locale=locale)
    _send(invitation, by=by)
    record(
        action="team.invitation.sent", category=AuditCategory.USER, resource=invitation, actor=by,
        after={"email": address, "role": role.name or role.key},
    )  # fmt: skip
    return invitation


@transaction.atomic
def resend(*, invitation: Invitation, by: User) -> Invitation:
    """Send a new link, valid from now; the old one no longer works. Locks the team; one transaction.

    Raises TooManyAttempts, NotAllowed (`not_allowed`, `above_you`), Conflict (`invitation_over`) and, when its
    link had ended, QuotaReached.
    """
    lock_team()
    invitation = _open(invitation)
    check_may_manage(by, role_standing(invitation.role))
    if not may_be_accepted(invitation):
        _check_seat_to_promise()
    before = {"expires_at": invitation.expires_at.isoformat()}
    invitation.invited_by = by
    _send(invitation, by=by)
    record(
        action="team.invitation.sent_again", category=AuditCategory.USER, resource=invitation, actor=by,
        before=before, after={"expires_at": invitation.expires_at.isoformat()},
    )  # fmt: skip
    return invitation


@transaction.atomic
def revoke(*, invitation: Invitation, by: User) -> None:
    """Take an offer back: its link no longer works. Locks the team; one transaction.

    Raises NotAllowed (`not_allowed`, `above_you`) and Conflict (`invitation_over`).
    """
    lock_team()
    invitation = _open(invitation)
    check_may_manage(by, role_standing(invitation.role))
    _revoke(invitation, by=by)


def access_invitation(*, token: str) -> Invitation:
    """The invitation a link leads to, while it may be accepted. Raises DomainError that says why it may not."""
    invitation = (
        Invitation.objects.select_related("role", "invited_by__member__role").filter(token_hash=_hash(token)).first()
    )
    if invitation is None or invitation.revoked_at or not could_still_be_sent(invitation):
        raise NotAllowed(
            "invitation_unknown",
            _("This invitation was taken back, or a newer one was sent. Ask the person who invited you."),
        )
    if invitation.accepted_at:
        raise Conflict("invitation_used", _("This invitation was accepted already. Log in to enter the workspace."))
    if invitation.expires_at <= timezone.now():
        raise DomainError(
            "invitation_expired", _("This invitation is too old. Ask the person who invited you to send it again.")
        )
    return invitation


def account_for(invitation: Invitation) -> User | None:
    """The account its person has here already and must log in with; None when there is none, or nobody proved it."""
    account = User.objects.filter(email=invitation.email).first()
    return account if account and is_verified(account) else None


@transaction.atomic
def accept(*, token: str, user: User) -> Member:
    """Join with an account one is logged in with. Locks the team; one transaction: the link works once.

    Raises NotAllowed (`other_account`), QuotaReached, Conflict (`already_member`), and as `access_invitation`.
    """
    lock_team()
    invitation = access_invitation(token=token)
    if user.email != invitation.email or not is_verified(user):
        raise NotAllowed("other_account", _("This invitation is for another address. Log in with that one."))
    return _join(invitation, user)


@transaction.atomic
def accept_as_new(*, token: str, first_name: str, last_name: str, password: str, consent: bool) -> Member:
    """Join with a new account, whose address the link has proved. Locks team and account; one transaction: the link works once.

    An account somebody registered with this address and never proved is taken over; their ways in are dropped. Raises
    Conflict (`account_exists`, `already_member`), DomainError (`weak_password`, `consent_required`), QuotaReached, and as
    `access_invitation`.
    """
    check_consent(given=consent)
    lock_team()
    invitation = access_invitation(token=token)
    user, created = User.objects.select_for_update().get_or_create(email=invitation.email)
    if is_verified(user):
        raise Conflict("account_exists", _("There is already an account with this address. Log in to continue."))
    if not created:
        drop_ways_in(user)
        end_all_sessions(user=user, actor=user)
    user.first_name, user.last_name, user.locale = first_name, last_name, get_language() or invitation.locale
    user.is_active = True
    check_password_strength(password, user)
    user.set_password(password)
    user.save()
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    consents = note_consents(user=user, marketing=False)
    record(
        action="account.registered",
        category=AuditCategory.USER,
        resource=user,
        actor=user,
        after={"consents": consents},
    )
    return _join(invitation, user)


def _join(invitation: Invitation, user: User) -> Member:
    member = add_member(user=user, role=invitation.role, by=user, message=NO_PLACE)
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    record(
        action="team.invitation.accepted", category=AuditCategory.USER, resource=invitation, actor=user,
        after={"email": invitation.email},
    )  # fmt: skip
    return member


def _check_seat_to_promise(*, field: str = "") -> None:
    """Pass when a place is left besides those that other invitations hold; raises QuotaReached. Under the team's lock.

    Invitations run out by themselves, so theirs are not in the counter: they are looked at each time, and hold a place
    against other invitations, not against who is at the door.
    """
    quotas.check("users", 1 + promised_seats(), message=INVITE_FULL, field=field)


def _make_way(address: str, *, by: User) -> None:
    """Raise Conflict when this address has a place, or an invitation that leads to one; take an ended invitation back."""
    if Member.objects.filter(user__email=address).exists():
        raise Conflict("already_member", _("Somebody with this address works here already."), field="email")
    found = open_invitations().filter(email=address).first()
    if found and may_be_accepted(found):
        raise Conflict(
            "already_invited",
            _("This address has been invited. Send that invitation again, or take it back, in the list."),
            field="email",
        )
    if found:
        _revoke(found, by=by)


def _revoke(invitation: Invitation, *, by: User) -> None:
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    record(
        action="team.invitation.revoked", category=AuditCategory.USER, resource=invitation, actor=by,
        before={"email": invitation.email},
    )  # fmt: skip


def _open(invitation: Invitation) -> Invitation:
    found = open_invitations().filter(pk=invitation.pk).first()
    if found is None:
        raise Conflict("invitation_over", _("This invitation was accepted or taken back meanwhile."))
    return found


def _send(invitation: Invitation, *, by: User) -> None:
    """Give the invitation a new token and queue the mail that holds it; only the token's hash is kept.

    Limited, so that nobody's mailbox is flooded from here; raises TooManyAttempts.
    """
    check_rate(action="team-invite", who=here(invitation.email), limit=SENDINGS_PER_ADDRESS, seconds=HOUR)
    check_rate(action="team-invite-all", who=here("all"), limit=SENDINGS_PER_WORKSPACE, seconds=HOUR)
    token = secrets.token_urlsafe(32)
    invitation.token_hash = _hash(token)
    invitation.sent_at = timezone.now()
    invitation.expires_at = invitation.sent_at + LIFETIME
    invitation.save()
    notify_by_email(
        key=f"team-invitation:{invitation.token_hash}",
        template="team_invitation",
        recipient=invitation.email,
        locale=invitation.locale,
        context={
            "inviter": str(by),
            "organisation": current_tenant().name,
            "role": str(invitation.role),
            "days": LIFETIME.days,
            "url": own_url(f"/invitations/{token}/"),
        },
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
