"""Keeping photos."""

from __future__ import annotations

import uuid
from typing import IO, TypeVar

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max, Model, QuerySet
from django.utils.translation import gettext_lazy as _

from billing import quotas
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from tenant_apps.team.images import process_image
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import free_slug_in

M = TypeVar("M", bound=Model)
STORAGE_FULL = _("Your plan %(plan)s includes %(limit)s GB of files, and they are used. Move to a larger plan.")


def keep_photo(*, file: IO[bytes], size: int, user: User, field: str = "") -> Photo:
    """Process a photo of `size` bytes and keep it as a pending upload of `user`.

    The files are written first and the row after them in its own transaction, which locks the counter of storage: a crash
    between leaves files that nothing refers to, never a row without files. Raises BadImage and QuotaReached.
    """
    processed = process_image(file, size=size, field=field)
    photo = Photo(
        public_id=uuid.uuid4(),
        width=processed.width,
        height=processed.height,
        size=processed.size,
        uploaded_by=user,
    )
    for rendition in processed.renditions:
        default_storage.save(photo.file_name(rendition.width, rendition.extension), ContentFile(rendition.content))
    try:
        with transaction.atomic():
            quotas.reserve("storage_gb", photo.size, message=STORAGE_FULL, field=field)
            photo.save(force_insert=True)
            record(action="team.photo.kept", category=AuditCategory.FILES, resource=photo, after={"size": photo.size})
    except quotas.QuotaReached:
        _delete_files(_files_of(photo))
        raise
    return photo


def discard_photos(*, photos: list[Photo]) -> None:
    """Delete photos that nothing refers to any more, and their files once the caller's transaction is committed.

    Call it inside the transaction that took the last reference away; locks the counter of storage and the
    rows.
    """
    if not photos:
        return
    names = [name for photo in photos for name in _files_of(photo)]
    quotas.release("storage_gb", sum(photo.size for photo in photos))
    for photo in photos:
        record(action="team.photo.discarded", category=AuditCategory.FILES, resource=photo, before={"size": photo.size})
    Photo.objects.filter(pk__in=[photo.pk for photo in photos]).delete()
    transaction.on_commit(lambda: _delete_files(names))


def category_named(name: str, *, shelf: QuerySet[M], audit_category: str) -> M | None:
    """The category of that name on a `shelf`, whatever the case; a new one behind the others when there is none.

    None without a name. The caller holds the lock under which categories are added.
    """
    if not name:
        return None
    existing = shelf.filter(name__iexact=name).first()
    if existing:
        return existing
    everywhere = shelf.model._default_manager.all()
    last = everywhere.aggregate(last=Max("position"))["last"] or 0
    slug = free_slug_in(everywhere, name, fallback="category")
    category = shelf.create(name=name, slug=slug, position=last + 1)
    action = f"{category._meta.app_label}.category.created"
    record(action=action, category=audit_category, resource=category, after={"name": name})
    return category


def _files_of(photo: Photo) -> list[str]:
    return [photo.file_name(width, extension) for width in photo.widths for extension in ("webp", "jpg")]


def _delete_files(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)
