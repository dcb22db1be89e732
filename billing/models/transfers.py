"""Transfers: bank statements as they were imported, and what admins decided about each payment."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.models.catalogue import CURRENCY_CHECK
from billing.models.payments import Payment, TransferReceipt
from billing.money import Money
from billing.statements.entries import MAX_NAME, MAX_REFERENCE, MAX_TEXT, StatementEntry


class BankStatement(models.Model):
    """A file of our bank. Until `imported_at` it is only looked at, and has no lines."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file = models.FileField(max_length=200)
    file_name = models.CharField(max_length=120)
    account = models.CharField(max_length=60)  # ours, as movements are told apart by it
    currency = models.CharField(max_length=3)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(db_default=Now())
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    imported_at = models.DateTimeField(null=True, blank=True)
    known_count = models.PositiveIntegerField(default=0)  # movements that an earlier file had brought

    class Meta:
        ordering = ["-uploaded_at"]
        constraints = [
            models.CheckConstraint(condition=Q(currency__regex=CURRENCY_CHECK), name="statement_currency"),
            models.CheckConstraint(
                condition=Q(imported_at__isnull=True, imported_by__isnull=True)
                | Q(imported_at__isnull=False, imported_by__isnull=False),
                name="statement_imported_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class StatementLine(models.Model):
    """Money that came in, as the bank tells it. It is used once: for a payment, or not at all."""

    class Status(models.TextChoices):
        OPEN = "open"
        TAKEN = "taken"  # a decision uses it
        IGNORED = "ignored"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    account = models.CharField(max_length=60)
    dedupe_key = models.CharField(max_length=64)
    booked_on = models.DateField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    text = models.CharField(max_length=MAX_TEXT, blank=True)
    counterparty_name = models.CharField(max_length=MAX_NAME, blank=True)
    counterparty_account = models.CharField(max_length=60, blank=True)
    bank_ref = models.CharField(max_length=MAX_REFERENCE, blank=True)
    named_account = models.CharField(max_length=60, blank=True)  # ours as the file names it

    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    note = models.CharField(max_length=300, blank=True)
    ignored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ignored_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["booked_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["account", "dedupe_key"], name="line_once_per_account"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="line_came_in"),
            models.CheckConstraint(condition=Q(status__in=["open", "taken", "ignored"]), name="line_status"),
            models.CheckConstraint(
                condition=~Q(status="ignored") | (Q(ignored_by__isnull=False) & ~Q(ignored_reason="")),
                name="line_ignored_has_reason",
            ),
        ]
        indexes = [models.Index(fields=["booked_on"], name="line_open", condition=Q(status="open"))]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount_minor} {self.currency}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def entry(self) -> StatementEntry:
        """The line as it was read."""
        return StatementEntry(
            booked_on=self.booked_on, amount=self.amount, text=self.text, counterparty_name=self.counterparty_name,
            counterparty_account=self.counterparty_account, bank_ref=self.bank_ref, account=self.named_account,
            dedupe_key=self.dedupe_key,
        )  # fmt: skip


class TransferDecision(models.Model):
    """What an admin decided about a transfer. It takes effect at `effective_at`, and may be undone until it does.

    [awaiting_second ->] waiting -> done; before that undone, or sent back by the second person.
    """

    class Kind(models.TextChoices):
        APPROVE = "approve"  # what was asked for has come
        PARTIAL = "partial"  # less has come: part of the order
        OVER = "over"  # more has come: what the order does not need is credit
        CREDIT = "credit"  # no order waits for it: all of it is credit
        REJECT = "reject"

    class Status(models.TextChoices):
        AWAITING_SECOND = "awaiting_second"
        WAITING = "waiting"
        DONE = "done"
        UNDONE = "undone"
        SENT_BACK = "sent_back"

    CONFIRMED = (Kind.PARTIAL, Kind.OVER, Kind.CREDIT)
    LIVE = (Status.AWAITING_SECOND, Status.WAITING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="decisions")
    line = models.ForeignKey(StatementLine, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions")
    kind = models.CharField(max_length=8, choices=Kind)
    status = models.CharField(max_length=15, choices=Status)
    received_minor = models.BigIntegerField(null=True, blank=True)
    received_currency = models.CharField(max_length=3, blank=True)
    reference = models.CharField(max_length=60, blank=True)  # what the payer wrote
    bank_reference = models.CharField(max_length=MAX_REFERENCE, blank=True)  # the bank's own
    comment = models.CharField(max_length=500, blank=True)
    admin = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    second_admin = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_at = models.DateTimeField(null=True, blank=True)
    second_comment = models.CharField(max_length=300, blank=True)
    effective_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    # Where the payment stood before, for when it is undone.
    status_before = models.CharField(max_length=20)

    class Meta:
        ordering = ["-decided_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["approve", "partial", "over", "credit", "reject"]), name="decision_kind"
            ),
            models.CheckConstraint(
                condition=Q(status="awaiting_second", effective_at__isnull=True)
                | Q(status__in=["waiting", "done"], effective_at__isnull=False)
                | Q(status="undone", undone_at__isnull=False)
                | Q(status="sent_back", second_at__isnull=False),
                name="decision_status",
            ),
            models.CheckConstraint(
                condition=Q(kind="reject", line__isnull=True)
                | Q(received_minor__isnull=False, received_minor__gt=0, received_currency__regex=CURRENCY_CHECK),
                name="decision_has_money",
            ),
            models.CheckConstraint(
                condition=Q(second_admin__isnull=True) | ~Q(second_admin=F("admin")), name="decision_two_people"
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(status__in=["awaiting_second", "waiting"]),
                name="decision_one_live_per_payment",
            ),
            models.UniqueConstraint(
                fields=["line"],
                condition=Q(status__in=["awaiting_second", "waiting", "done"]),
                name="decision_line_pays_once",
            ),
        ]
        indexes = [
            models.Index(fields=["bank_reference"], name="decision_bank_ref", condition=~Q(bank_reference="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status} {self.payment_id}"

    @property
    def is_live(self) -> bool:
        """Whether it has been given and does not count yet."""
        return self.status in self.LIVE

    @property
    def received(self) -> Money | None:
        """What came, as the admin read it on the statement; None for a rejection."""
        return None if self.received_minor is None else Money(self.received_minor, self.received_currency)


class ReceiptTwin(models.Model):
    """Two receipts of different payments that show one picture, each pair both ways."""

    receipt = models.ForeignKey(TransferReceipt, on_delete=models.CASCADE, related_name="twins")
    other = models.ForeignKey(TransferReceipt, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["receipt", "other"], name="twin_once"),
            models.CheckConstraint(condition=~Q(receipt=F("other")), name="twin_is_another"),
        ]
