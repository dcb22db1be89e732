"""Keeping photos."""

from __future__ import annotations

import uuid
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import User
from shared_apps.audit.services import record
from tenant_apps.team.images import process_image
from tenant_apps.team.models import Photo
from tenant_apps.team.quotas import check_storage_quota
from tenant_apps.team.selectors import photo_bytes

STORAGE_FULL = _("Your plan %(plan)s includes %(limit)s GB of files, and they are used. Move to a larger plan.")


def keep_photo(*, file: IO[bytes], size: int, user: User, field: str = "", limited: bool = False) -> Photo:
    """Process a photo of `size` bytes and keep it as a pending upload of `user`.

    No lock. The files are written first and the row after them in its own transaction: a crash between leaves
    files that nothing refers to, never a row without files. `limited`: the plan has a `storage_gb` quota, which a
    simultaneous upload may pass by one photo. Raises BadImage and QuotaReached.
    """
    processed = process_image(file, size=size, field=field)
    if limited:
        check_storage_quota(used_bytes=photo_bytes(), adding_bytes=processed.size, message=STORAGE_FULL, field=field)
    photo = Photo(
        public_id=uuid.uuid4(),
        width=processed.width,
        height=processed.height,
        size=processed.size,
        uploaded_by=user,
    )
    for rendition in processed.renditions:
        default_storage.save(photo.file_name(rendition.width, rendition.extension), ContentFile(rendition.content))
    with transaction.atomic():
        photo.save(force_insert=True)
        record(action="team.photo.kept", category="files", resource=photo, after={"size": photo.size})
    return photo


def discard_photos(*, photos: list[Photo]) -> None:
    """Delete photos that nothing refers to any more, and their files once the caller's transaction is committed.

    Call it inside the transaction that took the last reference away; takes the row locks of the deletes.
    """
    if not photos:
        return
    names = [photo.file_name(width, ext) for photo in photos for width in photo.widths for ext in ("webp", "jpg")]
    for photo in photos:
        record(action="team.photo.discarded", category="files", resource=photo, before={"size": photo.size})
    Photo.objects.filter(pk__in=[photo.pk for photo in photos]).delete()
    transaction.on_commit(lambda: _delete_files(names))


def _delete_files(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)
