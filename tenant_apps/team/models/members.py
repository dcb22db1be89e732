"""Who works here, and what they may do."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from shared_apps.core.querysets import SchemaBoundQuerySet
from shared_apps.organisations.current import current_tenant
from tenant_apps.team.products import product_config


class Role(models.Model):
    """A named set of permission codes. Made from the product's templates at provisioning; owners change and add some.

    The owner's role holds every permission there is, whatever its row says, and cannot be changed. One role is for
    customers: it belongs to every account that has no `Member`.
    """

    OWNER = "owner"
    ADMINISTRATOR = "administrator"

    key = models.CharField(max_length=40, unique=True)  # of the template it came from, or random
    name = models.CharField(max_length=60, blank=True)  # empty: the template's own, in the reader's language
    permissions = models.JSONField(default=list)
    for_customers = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=100)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["for_customers"], condition=Q(for_customers=True), name="team_role_one_for_customers"
            ),
            models.UniqueConstraint(Lower("name"), condition=~Q(name=""), name="team_role_name_unique"),
            models.CheckConstraint(condition=~Q(key="owner", for_customers=True), name="team_role_owner_is_staff"),
        ]

    def __str__(self) -> str:
        return self.name or self.template_name

    @property
    def is_owner(self) -> bool:
        return self.key == self.OWNER

    @property
    def template_name(self) -> str:
        """What the product calls this role, in the reader's language; empty for roles of the tenant's own."""
        templates = product_config(current_tenant().product).all_roles()
        return next((str(template.label) for template in templates if template.key == self.key), "")


class Member(models.Model):
    """Somebody who works here. `User.is_staff` says the same, and is written with it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="member")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="members")
    joined_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.user)


class Invitation(models.Model):
    """A seat offered by mail. The link holds the token; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    locale = models.CharField(max_length=5)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="team_invitation_one_open",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="team_invitation_email_lower"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True), name="team_invitation_one_end"
            ),
        ]
