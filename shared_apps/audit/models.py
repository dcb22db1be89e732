"""Who did what, when and from where. Platform and tenants each keep their own."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from shared_apps.core.querysets import SchemaBoundQuerySet


class AuditCategory(models.TextChoices):
    """What an entry is about. It decides how long the entry is kept."""

    USER = "user", _("People and roles")
    SECURITY = "security", _("Security")
    ORGANISATION = "organisation", _("Organisations")
    ORDER = "order", _("Orders")
    PAYMENT = "payment", _("Payments")
    CATALOGUE = "catalogue", _("Catalogue")
    EVENT = "event", _("Events")
    ESXI = "esxi", _("Servers")
    FILES = "files", _("Files")
    PARTNER = "partner", _("Partners")
    SETTINGS = "settings", _("Settings")
    HTTP = "http", _("Requests")
    # For the retention of entries of that level, whatever they are about; and of failures that are about nothing else.
    ERROR = "error", _("Errors")


class AuditLog(models.Model):
    """One change that matters, written in the transaction that made it."""

    class Level(models.TextChoices):
        INFO = "info"
        WARNING = "warning"
        ERROR = "error"

    created_at = models.DateTimeField(db_default=Now(), db_index=True)
    category = models.CharField(max_length=30)
    level = models.CharField(max_length=10, choices=Level, default=Level.INFO)
    action = models.CharField(max_length=60)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=254, blank=True)
    # The platform admin who acted in the actor's place.
    impersonator = models.CharField(max_length=254, blank=True)
    resource_type = models.CharField(max_length=60)
    resource_id = models.CharField(max_length=64)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=36, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["resource_type", "resource_id"], name="audit_resource"),
            models.Index(fields=["category", "-created_at"], name="audit_category"),
            models.Index(fields=["actor_id", "-created_at"], name="audit_actor"),
        ]


class RetentionRule(models.Model):
    """How many days entries of a category are kept here, where that differs from the default."""

    category = models.CharField(max_length=30, unique=True)
    days = models.PositiveIntegerField()

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(days__gte=1, days__lte=36500), name="audit_retention_days")]
