"""Offering places in an organisation by mail. Every change locks the organisation's row first.

The link holds 32 random bytes; only their SHA-256 is kept. They cannot be guessed, so that a slow hash would add nothing.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import platform_url
from shared_apps.core.errors import Conflict, DomainError, NotAllowed, NotFound, TooManyAttempts
from shared_apps.core.throttle import check_rate
from shared_apps.notifications.services import notify_by_email
from shared_apps.organisations.models import Invitation, Membership, Organisation
from shared_apps.organisations.policies import may_manage
from shared_apps.organisations.services.following import announce_membership
from shared_apps.organisations.services.locks import access_place, lock_organisation, not_yours

LIFETIME = timedelta(days=14)
RESEND_AFTER = timedelta(minutes=5)


@transaction.atomic
def invite(*, organisation_id: uuid.UUID, email: str, role: str, by: Any) -> Invitation:
    """Offer somebody a place. One transaction; locks the organisation, and one open invitation per address by constraint.

    One whose link has ended is taken back. Raises NotFound, NotAllowed, TooManyAttempts, and Conflict on `email` for members
    and those already invited.
    """
    address = email.strip().lower()
    organisation = lock_organisation(organisation_id)
    if role == Membership.Role.OWNER or not may_manage(access_place(by, organisation).role, role):
        raise not_yours()
    check_rate(action="organisation-invite", who=str(organisation.pk), limit=30, seconds=3600)
    if organisation.memberships.filter(user__email=address).exists():
        raise Conflict("already_member", _("This person already belongs to the organisation."), field="email")
    waiting = _open(organisation.invitations.filter(email=address)).first()
    if waiting and not waiting.has_expired and _could_still_be_sent(waiting):
        raise Conflict(
            "already_invited",
            _("An invitation to this address is waiting already. You can send it again from the list."),
            field="email",
        )
    if waiting:
        _revoke(waiting, by=by)
    invitation = Invitation(
        organisation=organisation, email=address, role=role, locale=organisation.locale, invited_by=by
    )
    _send(invitation, by=by)
    record(
        action="organisation.invitation.sent",
        category=AuditCategory.ORGANISATION,
        resource=invitation,
        actor=by,
        after={"email": address, "role": role, "organisation": str(organisation.pk)},
    )
    return invitation


@transaction.atomic
def resend_invitation(*, organisation_id: uuid.UUID, invitation_id: uuid.UUID, by: Any) -> Invitation:
    """Send a new link, good for another LIFETIME; the old one ends. One transaction; locks the organisation.

    Raises NotFound, NotAllowed, and TooManyAttempts within RESEND_AFTER of the last one.
    """
    invitation = _access_invitation(organisation_id, invitation_id, by)
    if invitation.sent_at > timezone.now() - RESEND_AFTER:
        raise TooManyAttempts(
            "sent_recently",
            _("This invitation was sent a few minutes ago. Wait a little before you send it again."),
            extra={"retry_after": int(RESEND_AFTER.total_seconds())},
        )
    before, invitation.invited_by = invitation.expires_at, by
    _send(invitation, by=by)
    record(
        action="organisation.invitation.resent",
        category=AuditCategory.ORGANISATION,
        resource=invitation,
        actor=by,
        before={"expires_at": before.isoformat()},
        after={"expires_at": invitation.expires_at.isoformat(), "email": invitation.email},
    )
    return invitation


@transaction.atomic
def revoke_invitation(*, organisation_id: uuid.UUID, invitation_id: uuid.UUID, by: Any) -> None:
    """Take an open invitation back: its link ends. One transaction; locks the organisation. Raises NotFound, NotAllowed."""
    _revoke(_access_invitation(organisation_id, invitation_id, by), by=by)


def revoke_open(invitations: QuerySet[Invitation], *, by: Any) -> None:
    """Take back the open ones among these. The caller holds the organisation's row."""
    for invitation in _open(invitations):
        _revoke(invitation, by=by)


@transaction.atomic
def accept_invitation(*, token: str, user: Any) -> Membership:
    """Take the place a link offers. One transaction; locks the organisation, so that a link counts once.

    `user` has proved the address. Who accepts twice gets the same place. Raises DomainError for a link that has ended and
    NotAllowed when it was sent to another address.
    """
    found = find_invitation(token)
    organisation = lock_organisation(found.organisation_id)
    invitation = organisation.invitations.get(pk=found.pk)
    if invitation.email != user.email:
        raise NotAllowed("other_address", _("This invitation was sent to another address."))
    place = organisation.memberships.filter(user_id=user.pk).first()
    if invitation.accepted_at and place:
        return place
    check_open(invitation)
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    if place is None:
        place = Membership.objects.create(organisation=organisation, user=user, role=invitation.role)
    record(
        action="organisation.invitation.accepted",
        category=AuditCategory.ORGANISATION,
        resource=invitation,
        actor=user,
        after={"membership": place.pk},
    )
    record(
        action="membership.started",
        category=AuditCategory.ORGANISATION,
        resource=place,
        actor=user,
        after={"role": place.role, "email": user.email, "organisation": str(organisation.pk)},
    )
    announce_membership(organisation_id=organisation.pk, user_id=user.pk)
    return place


def find_invitation(token: str) -> Invitation:
    """The invitation a link names, in whatever state; raises NotFound."""
    found = (
        Invitation.objects.select_related("organisation", "invited_by")
        .filter(token_hash=_hash(token))
        .exclude(organisation__status=Organisation.Status.CLOSED)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def check_open(invitation: Invitation) -> None:
    """Pass while an invitation may be accepted; raises DomainError that says what became of it."""
    if invitation.accepted_at:
        raise DomainError("invitation_used", _("This invitation has been accepted already."), status=410)
    if invitation.revoked_at or invitation.has_expired or not _could_still_be_sent(invitation):
        raise DomainError(
            "invitation_ended",
            _("This invitation has ended. Ask the person who invited you to send a new one."),
            status=410,
        )


def _could_still_be_sent(invitation: Invitation) -> bool:
    """Whether its sender may still offer that role: they may have left since, or may do less."""
    sender = invitation.organisation.memberships.filter(user_id=invitation.invited_by_id, user__is_active=True).first()
    return sender is not None and may_manage(sender.role, invitation.role)


def _access_invitation(organisation_id: uuid.UUID, invitation_id: uuid.UUID, by: Any) -> Invitation:
    organisation = lock_organisation(organisation_id)
    actor = access_place(by, organisation)
    invitation = _open(organisation.invitations.filter(pk=invitation_id)).first()
    if invitation is None:
        raise NotFound
    if not may_manage(actor.role, invitation.role):
        raise not_yours()
    return invitation


def _open(invitations: QuerySet[Invitation]) -> QuerySet[Invitation]:
    return invitations.filter(accepted_at__isnull=True, revoked_at__isnull=True)


def _revoke(invitation: Invitation, *, by: Any) -> None:
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    record(
        action="organisation.invitation.revoked",
        category=AuditCategory.ORGANISATION,
        resource=invitation,
        actor=by,
        before={"email": invitation.email, "role": invitation.role},
    )


def _send(invitation: Invitation, *, by: Any) -> None:
    token = secrets.token_urlsafe(32)
    invitation.token_hash = _hash(token)
    invitation.sent_at = timezone.now()
    invitation.expires_at = invitation.sent_at + LIFETIME
    invitation.save()
    notify_by_email(
        key=f"organisation-invitation:{invitation.token_hash}",
        template="organisation_invitation",
        recipient=invitation.email,
        locale=invitation.locale,
        context={
            "organisation": invitation.organisation.name,
            "inviter": str(by),
            "days": LIFETIME.days,
            "url": platform_url(f"/invitations/{token}/"),
        },
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
