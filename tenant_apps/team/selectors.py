"""Reading the workspace's people and files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Q, QuerySet, Sum
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.organisations.current import current_tenant
from shared_apps.usage.counted import Counted, Total
from tenant_apps.team.models import ApiKey, Invitation, Member, Photo, Role
from tenant_apps.team.policies import Standing
from tenant_apps.team.products import product_config
from tenant_apps.team.text import base_slug, free_slug

# A pending upload lives as long as somebody may still be filling in the form it was sent with.
PENDING_FOR = timedelta(hours=24)
MAX_PENDING = 8


def permissions_of(user: User) -> frozenset[str]:
    """What a person may do here. One query for the account object's first question, none for the others."""
    known: frozenset[str] | None = getattr(user, "_permission_codes", None)
    if known is None:
        known = user._permission_codes = _read_permissions(user)  # type: ignore[attr-defined]  # kept for the request
    return known


def _read_permissions(user: User) -> frozenset[str]:
    if not user.is_active:
        return frozenset()
    if user.is_staff:
        return standing_of(user).codes
    role = Role.objects.filter(for_customers=True).first()
    return role_standing(role).codes if role else frozenset()


def standing_of(user: User) -> Standing:
    """What somebody who works here may do, read now; nothing for anybody else."""
    return _standing(member_of(user))


def _standing(member: Member | None) -> Standing:
    return role_standing(member.role) if member and member.user.is_active else Standing()


def member_of(user: User) -> Member | None:
    """A person's place in the team, read now."""
    return Member.objects.select_related("user", "role").filter(user=user).first()


def role_standing(role: Role) -> Standing:
    """What a role lets people do."""
    everything = frozenset(one.code for one in product_config(current_tenant().product).all_permissions())
    # A code that a release took away must not come back to life with another meaning.
    codes = everything if role.is_owner else everything & frozenset(role.permissions)
    return Standing(is_owner=role.is_owner, codes=codes)


def members() -> QuerySet[Member]:
    """The people who work here, by name."""
    return Member.objects.select_related("user", "role").order_by("user__first_name", "user__last_name", "user__email")


def staff_count() -> int:
    """How many of the plan's users are taken."""
    return Member.objects.count()


def open_invitations() -> QuerySet[Invitation]:
    """Invitations that were neither accepted nor taken back, too old ones too: all that `may_be_accepted` asks for."""
    return (
        Invitation.objects.select_related("role", "invited_by__member__role")
        .filter(accepted_at__isnull=True, revoked_at__isnull=True)
        .order_by("email")
    )


def could_still_be_sent(invitation: Invitation) -> bool:
    """Whether its sender may still give that role: they may have left since, or may do less."""
    sender = invitation.invited_by
    return sender is None or _standing(getattr(sender, "member", None)).may_manage(role_standing(invitation.role))


def may_be_accepted(invitation: Invitation) -> bool:
    """Whether the link of an open invitation leads in. No query for those of `open_invitations`."""
    return invitation.expires_at > timezone.now() and could_still_be_sent(invitation)


def roles_with_counts() -> QuerySet[Role]:
    """All roles; `people` says how many members have each."""
    return Role.objects.annotate(people=Count("members")).order_by("position", "pk")


def roles_within(standing: Standing) -> list[Role]:
    """The roles of the team that somebody may give."""
    return [role for role in Role.objects.filter(for_customers=False) if standing.reaches(role_standing(role))]


def holders_of(role: Role) -> list[str]:
    """Who has a role, by name; an open invitation to it by its address."""
    invited = open_invitations().filter(role=role).values_list("email", flat=True)
    return [str(member) for member in members().filter(role=role)] + list(invited)


def promised_seats() -> int:
    """How many seats invitations hold that may still be accepted."""
    return sum(may_be_accepted(invitation) for invitation in open_invitations())


def photo_bytes() -> int:
    """What all photos take, in bytes."""
    return Photo.objects.aggregate(total=Sum("size"))["total"] or 0


# What every product counts. Invitations hold no seat of the plan: `services.invitations` counts them on top.
TEAM_COUNTED: dict[str, Counted] = {"users": Total(staff_count), "storage_gb": Total(photo_bytes)}


def photo_of(public_id: UUID) -> Photo | None:
    return Photo.objects.filter(public_id=public_id).first()


def pending_photos(public_ids: list[UUID], *, user: User) -> list[Photo]:
    """Of these photos, those this person sent a short while ago, in the order given."""
    since = timezone.now() - PENDING_FOR
    found = Photo.objects.filter(public_id__in=public_ids[:MAX_PENDING], uploaded_by=user, created_at__gte=since)
    by_id = {photo.public_id: photo for photo in found}
    return [by_id[public_id] for public_id in dict.fromkeys(public_ids) if public_id in by_id]


def unused_photos(*, used: QuerySet[Any]) -> list[Photo]:
    """Some photos that were sent with a form nobody finished. Twice the life of a pending upload, to be sure.

    `used` finds what uses the photo `OuterRef("pk")`.
    """
    before = timezone.now() - 2 * PENDING_FOR
    return list(Photo.objects.filter(~Exists(used), created_at__lt=before).order_by("pk")[:20])


def free_slug_in(rows: QuerySet[Any], text: str, *, fallback: str) -> str:
    """The address for a new row called `text`. The caller holds the lock under which rows are added."""
    base = base_slug(text, fallback=fallback)
    return free_slug(base, taken=set(rows.filter(slug__startswith=base).values_list("slug", flat=True)))


def free_slugs_in(rows: QuerySet[Any], texts: Sequence[str], *, fallback: str) -> list[str]:
    """The same for many new rows, each with another address, in one query."""
    bases = [base_slug(text, fallback=fallback) for text in texts]
    begins = reduce(or_, (Q(slug__startswith=base) for base in bases))
    taken, found = set(rows.filter(begins).values_list("slug", flat=True)), []
    for base in bases:
        found.append(free_slug(base, taken=taken))
        taken.add(found[-1])
    return found


def open_api_keys() -> QuerySet[ApiKey]:
    """Keys of programs that nobody has ended, expired ones too; the newest first."""
    return ApiKey.objects.filter(revoked_at__isnull=True).select_related("created_by").order_by("-created_at", "pk")


def ended_api_keys() -> QuerySet[ApiKey]:
    """The keys that were ended last."""
    ended = ApiKey.objects.filter(revoked_at__isnull=False).select_related("created_by")
    return ended.order_by("-revoked_at", "pk")[:20]
