"""From a paid order to a live tenant: one job an order, each step recorded."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class ProvisioningJob(models.Model):
    """The one job of a paid order. A worker holds it by a lease; when it dies, another goes on where it stopped."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        STUCK = "stuck"  # failed too often: a person looks, and may start it again

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.OneToOneField("billing.Order", on_delete=models.PROTECT, related_name="provisioning_job")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    lease_id = models.UUIDField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(db_default=Now())
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["queued", "running", "done", "stuck"]), name="job_status"),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_id__isnull=False, leased_until__isnull=False),
                name="job_running_has_lease",
            ),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(finished_at__isnull=False), name="job_done_has_date"
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="job_due", condition=Q(status__in=["queued", "running"])),
        ]


class ProvisioningStep(models.Model):
    """A step that is finished. Present means done: steps are never done twice, and are safe to repeat."""

    job = models.ForeignKey(ProvisioningJob, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()

    class Meta:
        ordering = ["finished_at"]
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="step_once")]


class ReadySchema(models.Model):
    """A schema made ahead, which nobody has taken yet. The id is that of the organisation that will take it."""

    id = models.UUIDField(primary_key=True, editable=False)
    product = models.CharField(max_length=20)
    fingerprint = models.CharField(max_length=64)  # of the template it was made from
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["product", "fingerprint", "created_at"], name="readyschema_next")]


class SchemaTemplate(models.Model):
    """The SQL that makes a tenant schema of a product, captured from `migrate` once per release."""

    product = models.CharField(max_length=20)
    fingerprint = models.CharField(max_length=64)  # of migrations and tenant types
    statements = models.JSONField()  # a list, in order
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "fingerprint"], name="schematemplate_once")]
