"""Reading the workspace's people and files."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils import timezone

from shared_apps.accounts.models import User
from tenant_apps.team.models import Photo

# A pending upload lives as long as somebody may still be filling in the form it was sent with.
PENDING_FOR = timedelta(hours=24)
MAX_PENDING = 8
GIGABYTE = 10**9


def staff_members() -> QuerySet[User]:
    """The people who may enter this workspace."""
    return User.objects.filter(is_staff=True, is_active=True).order_by("first_name", "last_name", "email")


def staff_count() -> int:
    """How many of the plan's users are taken."""
    return staff_members().count()


def photo_bytes() -> int:
    """What all photos take, in bytes."""
    return Photo.objects.aggregate(total=Sum("size"))["total"] or 0


def photo_of(public_id: UUID) -> Photo | None:
    return Photo.objects.filter(public_id=public_id).first()


def pending_photos(public_ids: list[UUID], *, user: User) -> list[Photo]:
    """Of these photos, those this person sent a short while ago, in the order given."""
    since = timezone.now() - PENDING_FOR
    found = Photo.objects.filter(public_id__in=public_ids[:MAX_PENDING], uploaded_by=user, created_at__gte=since)
    by_id = {photo.public_id: photo for photo in found}
    return [by_id[public_id] for public_id in dict.fromkeys(public_ids) if public_id in by_id]
