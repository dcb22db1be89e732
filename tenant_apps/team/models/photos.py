"""Files every product's workspace keeps."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.team.images import WIDTHS


class Photo(models.Model):
    """A photo, stripped and resized. It belongs to whatever refers to it; until then it is a pending upload.

    Its files are `photos/<public id>/<width>.<webp|jpg>` and never change: another photo has another id.

    Products refer to it with DO_NOTHING: the database refuses to delete a photo that is in use. With any other
    `on_delete` Django would look for references in the tables of every product, and a tenant has those of its own only.
    """

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.BigIntegerField()  # bytes of all its files
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(width__gte=1, height__gte=1, size__gte=1), name="team_photo_sizes"),
        ]

    @property
    def widths(self) -> list[int]:
        """The widths there are files for, in pixels, smallest first."""
        return [width for width in WIDTHS if width < self.width] + [self.width]

    def file_name(self, width: int, extension: str) -> str:
        """Where one file is, relative to the tenant's storage."""
        return f"photos/{self.public_id.hex}/{width}.{extension}"

    def url(self, width: int, extension: str = "webp") -> str:
        """Address of the smallest file at least `width` wide, else of the largest."""
        fitting = next((known for known in self.widths if known >= width), self.width)
        return f"/media/{self.file_name(fitting, extension)}"

    @property
    def thumbnail_url(self) -> str:
        return self.url(320)

    @property
    def large_url(self) -> str:
        return self.url(1280)

    @property
    def share_url(self) -> str:
        """For link previews: a JPEG, which every messenger reads."""
        return self.url(1280, "jpg")

    @property
    def srcset(self) -> str:
        """The WebP files for an `<img srcset>`."""
        return ", ".join(f"/media/{self.file_name(width, 'webp')} {width}w" for width in self.widths)
