"""The calendar: what happens, when, where and for whom."""

from __future__ import annotations

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shared_apps.core.querysets import SchemaBoundQuerySet
from tenant_apps.team.models import Photo


class Calendar(models.Model):
    """What the organiser says about itself: one row, whose lock guards addresses and categories."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    # Where the events take place: what people type and read is in this zone.
    time_zone = models.CharField(max_length=50)
    contact_email = models.EmailField(max_length=254, blank=True)
    brand_colour = models.CharField(max_length=7, blank=True)  # "#1a5c3a"; empty: the platform's own
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="events_calendar_only_one"),
            models.CheckConstraint(
                condition=Q(brand_colour="") | Q(brand_colour__regex=r"^#[0-9a-f]{6}$"), name="events_calendar_colour"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Category(models.Model):
    """A kind of event, to find one's way in the calendar."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, unique=True)
    colour = models.CharField(max_length=7, blank=True)
    icon = models.CharField(max_length=40, blank=True)
    position = models.PositiveIntegerField(default=0)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="events_category_name_unique")]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """Something that happens. Its slug and its public id never change: shared links and calendars keep working."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        CANCELLED = "cancelled", _("Cancelled")

    class Access(models.TextChoices):
        FREE = "free", _("Free")
        PAID = "paid", pgettext_lazy("access to an event", "Paid")
        INVITATION = "invitation", _("By invitation")

    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    summary = models.CharField(max_length=200, blank=True)
    description = models.TextField(max_length=10_000, blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    place_name = models.CharField(max_length=120, blank=True)
    place_address = models.CharField(max_length=300, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    capacity = models.PositiveIntegerField(null=True, blank=True)  # null: no limit
    access = models.CharField(max_length=10, choices=Access, default=Access.FREE)
    language = models.CharField(max_length=2, default="fr")  # ISO 639-1
    cover = models.OneToOneField(
        Photo, on_delete=models.DO_NOTHING, null=True, blank=True, related_name="+"
    )  # see Photo
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)  # the first time; counts in the plan's month
    cancelled_at = models.DateTimeField(null=True, blank=True)
    # RFC 5545 SEQUENCE: how often a published event was changed, so that calendars take the newer one.
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="events_event_ends_after_start"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "published", "cancelled"]), name="events_event_status"
            ),
            models.CheckConstraint(condition=Q(access__in=["free", "paid", "invitation"]), name="events_event_access"),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(published_at__isnull=False), name="events_event_published_at"
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled", cancelled_at__isnull=False)
                | (~Q(status="cancelled") & Q(cancelled_at__isnull=True)),
                name="events_event_cancelled_at",
            ),
            models.CheckConstraint(condition=Q(capacity__isnull=True) | Q(capacity__gte=1), name="events_event_seats"),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__gte=-90,
                    latitude__lte=90,
                    longitude__gte=-180,
                    longitude__lte=180,
                ),
                name="events_event_position",
            ),
            models.CheckConstraint(condition=Q(language__regex=r"^[a-z]{2}$"), name="events_event_language"),
        ]
        indexes = [
            models.Index(fields=["starts_at", "id"], name="events_event_by_start"),
            models.Index(
                fields=["ends_at", "id"], name="events_event_shown", condition=Q(status__in=["published", "cancelled"])
            ),
            models.Index(fields=["published_at"], name="events_event_published"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_public(self) -> bool:
        """Cancelled events stay readable, or people would come."""
        return self.status != self.Status.DRAFT

    def is_over(self, *, at: datetime | None = None) -> bool:
        return self.ends_at <= (at or timezone.now())
