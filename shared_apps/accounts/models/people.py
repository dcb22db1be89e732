"""What people agreed to, proved of themselves, and whom they follow."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from shared_apps.accounts.models.users import User
from shared_apps.core.querysets import SchemaBoundQuerySet


class Consent(models.Model):
    """Somebody agreed to a document as it was on a day. Withdrawing is noted, never deleted."""

    class Document(models.TextChoices):
        TERMS = "terms"
        PRIVACY = "privacy"
        MARKETING = "marketing"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="consents")
    document = models.CharField(max_length=20, choices=Document)
    version = models.CharField(max_length=20)
    given_at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "document"], condition=Q(withdrawn_at__isnull=True), name="accounts_consent_one_open"
            ),
        ]


class IdentityCheck(models.Model):
    """An identity document and a selfie, looked at by a person. Files are deleted when it is decided and a month old."""

    class Status(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"

    class DocumentType(models.TextChoices):
        ID_CARD = "id_card"
        PASSPORT = "passport"
        DRIVING_LICENCE = "driving_licence"
        RESIDENCE_PERMIT = "residence_permit"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identity_checks")
    document_type = models.CharField(max_length=20, choices=DocumentType)
    document_file = models.CharField(max_length=200, blank=True)
    selfie_file = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    comment = models.CharField(max_length=500, blank=True)
    submitted_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)  # of an approval

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(status="pending"), name="accounts_identity_one_open"),
            models.CheckConstraint(
                condition=Q(status="pending", decided_at__isnull=True)
                | Q(status__in=["approved", "rejected"], decided_at__isnull=False),
                name="accounts_identity_decided",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(expires_on__isnull=False), name="accounts_identity_expires"
            ),
            models.CheckConstraint(condition=~Q(status="rejected") | ~Q(comment=""), name="accounts_identity_reason"),
        ]
        indexes = [models.Index(fields=["submitted_at"], name="accounts_identity_queue", condition=Q(status="pending"))]


class Follow(models.Model):
    """One person follows another and, if they want, is told what the other does."""

    follower = models.ForeignKey(User, on_delete=models.CASCADE, related_name="following")
    followed = models.ForeignKey(User, on_delete=models.CASCADE, related_name="followers")
    notify = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "followed"], name="accounts_follow_once"),
            models.CheckConstraint(condition=~Q(follower=F("followed")), name="accounts_follow_others"),
        ]
