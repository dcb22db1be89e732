"""Organisations: the tenants, their hosts, and who belongs to them on the platform."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django_tenants.models import DomainMixin, TenantMixin

from shared_apps.organisations.own import OwnDomain as OwnDomain  # Django looks for an app's models here
from shared_apps.organisations.own import OwnOrganisation as OwnOrganisation


class Product(models.TextChoices):
    """What a tenant runs; each is a tenant type (baobab.products)."""

    STORE = "store"
    EVENTS = "events"
    ESXI = "esxi"


def schema_name_of(organisation_id: uuid.UUID) -> str:
    """The name of an organisation's schema."""
    return f"t{organisation_id.hex}"


class Organisation(TenantMixin):
    """A tenant. Its id and its schema name never change and are never used again."""

    class Status(models.TextChoices):
        PROVISIONING = "provisioning"
        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    product = models.CharField(max_length=20, choices=Product)
    status = models.CharField(max_length=20, choices=Status, default=Status.PROVISIONING)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owned_organisations")
    plan_version = models.ForeignKey("billing.PlanVersion", on_delete=models.PROTECT, related_name="organisations")
    locale = models.CharField(max_length=5, default="fr")
    currency = models.CharField(max_length=3)
    billing_name = models.CharField(max_length=120, blank=True)
    billing_email = models.EmailField(max_length=254)
    billing_phone = models.CharField(max_length=20, blank=True)
    billing_address = models.CharField(max_length=300, blank=True)
    billing_country = models.CharField(max_length=2)
    tax_number = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    activated_at = models.DateTimeField(null=True, blank=True)
    paid_until = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Organisation]] = models.Manager()

    auto_create_schema: ClassVar[bool] = False
    auto_drop_schema: ClassVar[bool] = False

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(product__in=[p.value for p in Product]), name="organisation_product"),
            models.CheckConstraint(
                condition=Q(status__in=["provisioning", "active", "suspended", "closed"]), name="organisation_status"
            ),
            models.CheckConstraint(
                condition=Q(status="provisioning") | Q(activated_at__isnull=False), name="organisation_activated"
            ),
            models.CheckConstraint(condition=Q(schema_name__regex=r"^t[0-9a-f]{32}$"), name="organisation_schema_name"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="organisation_currency"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_suspended(self) -> bool:
        """Whether its workspace can be read only."""
        return self.status == self.Status.SUSPENDED

    def __enter__(self) -> Organisation:
        """Refused: django-tenants keeps the previous tenant in a list shared by all threads. Use tenant_context."""
        raise TypeError("use tenant_context(organisation)")


class Domain(DomainMixin):
    """A host name that leads to a tenant once it is live. `domain` is the full host name in lower case."""

    # What the eye sees of a subdomain of ours; empty for a custom domain.
    skeleton = models.CharField(max_length=63, blank=True)
    live_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(domain=Lower("domain")), name="domain_lower_case"),
            models.UniqueConstraint(fields=["skeleton"], condition=~Q(skeleton=""), name="domain_skeleton_unique"),
            models.UniqueConstraint(fields=["tenant"], condition=Q(is_primary=True), name="domain_one_primary"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Skip django-tenants' own save, which rewrites the tenant's other domains."""
        models.Model.save(self, *args, **kwargs)


class Membership(models.Model):
    """A platform account's place in an organisation."""

    class Role(models.TextChoices):
        OWNER = "owner"
        ADMIN = "admin"
        BILLING = "billing"
        MEMBER = "member"

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="membership_once"),
            models.CheckConstraint(
                condition=Q(role__in=["owner", "admin", "billing", "member"]), name="membership_role"
            ),
        ]


class Invitation(models.Model):
    """A place in an organisation offered by mail. The link holds the token; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10, choices=Membership.Role)
    token_hash = models.CharField(max_length=64, unique=True)
    locale = models.CharField(max_length=5)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="organisation_invitation_one_open",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="organisation_invitation_email_lower"),
            models.CheckConstraint(
                condition=Q(role__in=["admin", "billing", "member"]), name="organisation_invitation_role"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
                name="organisation_invitation_one_end",
            ),
        ]

    @property
    def has_expired(self) -> bool:
        """Whether its link has ended by time."""
        return self.expires_at <= timezone.now()


class Impersonation(models.Model):
    """A platform admin looks at a workspace as one of its people: why, until when, and whether they may change things.

    `person_id` is the account inside the tenant, by its id; `person` what it is called, until the visit ends.
    """

    LONGEST = timedelta(minutes=30)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="impersonations")
    admin = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person_id = models.UUIDField()
    person = models.CharField(max_length=254)
    reason = models.CharField(max_length=300)
    read_only = models.BooleanField(default=True)
    started_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="impersonation_has_reason"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("started_at"), expires_at__lte=F("started_at") + timedelta(minutes=30)),
                name="impersonation_is_short",
            ),
        ]

    @property
    def is_open(self) -> bool:
        """Whether it goes on at this moment."""
        return self.ended_at is None and self.expires_at > timezone.now()
