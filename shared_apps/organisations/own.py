"""What a workspace reads of the platform: its own row and its own hosts, by its own database role.

Row-level security gives each tenant its own rows and `provisioning.grants` the columns; these models name no others. The
tables belong to `Organisation` and `Domain`, so nothing is migrated from here.
"""

from __future__ import annotations

from django.db import models
from django.db.models import QuerySet

from shared_apps.core.querysets import SchemaBoundQuerySet


class OwnOrganisation(models.Model):
    """The organisation of the current tenant, as it is now."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=20)
    activated_at = models.DateTimeField(null=True)
    paid_until = models.DateTimeField(null=True)
    owner_id = models.UUIDField()  # a platform account's: `User.platform_user_id` in the workspace

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = '"public"."organisations_organisation"'


class OwnDomain(models.Model):
    """A host of the current tenant."""

    domain = models.CharField(max_length=253)
    tenant_id = models.UUIDField()
    is_primary = models.BooleanField()
    live_at = models.DateTimeField(null=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = '"public"."organisations_domain"'


def own_organisation() -> OwnOrganisation:
    """The current tenant's row; on the platform's schema, where every row is visible, MultipleObjectsReturned."""
    return OwnOrganisation.objects.get()


def own_domains() -> QuerySet[OwnDomain]:
    """The current tenant's live hosts, the main one first."""
    return OwnDomain.objects.filter(live_at__isnull=False).order_by("-is_primary", "domain")
