"""How the providers do: what their last calls came to, and what asking again at night found."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.models.catalogue import PaymentMethod
from billing.models.payments import Payment


class ProviderHealth(models.Model):
    """How a method's provider answers. Hidden from payers since `hidden_since`, until a check of ours succeeds."""

    method = models.OneToOneField(PaymentMethod, on_delete=models.CASCADE, related_name="health")
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_failure_reason = models.CharField(max_length=40, blank=True)  # one of billing.providers.reasons
    last_callback_at = models.DateTimeField(null=True, blank=True)
    consecutive_failures = models.PositiveIntegerField(default=0)
    breaker_is_on = models.BooleanField(default=True)  # off: never hidden, however often it fails
    hidden_since = models.DateTimeField(null=True, blank=True)
    hidden_until = models.DateTimeField(null=True, blank=True)  # when it is checked again
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(hidden_since__isnull=True, hidden_until__isnull=True)
                | Q(hidden_since__isnull=False, hidden_until__isnull=False, breaker_is_on=True),
                name="health_hidden_is_whole",
            )
        ]

    def __str__(self) -> str:
        return f"health of {self.method_id}"


class ReconciliationRun(models.Model):
    """One night's questions about payments that are closed. `stage` and `cursor` say how far it has come."""

    class Stage(models.TextChoices):
        CLOSED = "closed"  # attempts that were given up: did the money come after all?
        SUCCEEDED = "succeeded"  # was money taken back?
        DONE = "done"

    night = models.DateField(unique=True)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.CLOSED)
    cursor = models.UUIDField(null=True, blank=True)  # the last payment that was asked about in this stage
    held_until = models.DateTimeField(null=True, blank=True)  # by the worker that is at it

    class Meta:
        ordering = ["-night"]
        constraints = [
            models.CheckConstraint(condition=Q(stage__in=["closed", "succeeded", "done"]), name="reconciliation_stage"),
            models.CheckConstraint(
                condition=Q(stage="done", finished_at__isnull=False) | (~Q(stage="done") & Q(finished_at__isnull=True)),
                name="reconciliation_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"reconciliation of {self.night}"


class ReconciliationTally(models.Model):
    """What a run found of one method."""

    run = models.ForeignKey(ReconciliationRun, on_delete=models.CASCADE, related_name="tallies")
    method = models.ForeignKey(PaymentMethod, on_delete=models.PROTECT, related_name="+")
    asked = models.PositiveIntegerField(default=0)
    agreed = models.PositiveIntegerField(default=0)
    late_successes = models.PositiveIntegerField(default=0)
    reversals = models.PositiveIntegerField(default=0)  # refunds and disputes that began at the provider
    disagreements = models.PositiveIntegerField(default=0)
    unreachable = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "method"], name="tally_once"),
            models.CheckConstraint(
                condition=Q(
                    asked=F("agreed") + F("late_successes") + F("reversals") + F("disagreements") + F("unreachable")
                ),
                name="tally_adds_up",
            ),
        ]


class ReconciliationFinding(models.Model):
    """A payment of which the provider said something else than we thought."""

    class Kind(models.TextChoices):
        LATE_SUCCESS = "late_success"
        REVERSAL = "reversal"
        DISAGREEMENT = "disagreement"

    run = models.ForeignKey(ReconciliationRun, on_delete=models.CASCADE, related_name="findings")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=12, choices=Kind)
    before = models.CharField(max_length=20)  # the payment's status, and what it is now
    after = models.CharField(max_length=20)
    reason = models.CharField(max_length=40, blank=True)  # one of billing.providers.reasons
    found_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-found_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "payment", "kind"], name="finding_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["late_success", "reversal", "disagreement"]), name="finding_kind"
            ),
        ]
