"""Double-entry bookkeeping: every movement of money, written once, balanced by the database."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from billing.models.catalogue import CURRENCY_CHECK
from billing.money import Money


class Journal(models.Model):
    """One thing that happened to money. `source` names it, so that it is posted once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=30)
    source = models.CharField(max_length=80, unique=True)  # "payment:<uuid>"
    document = models.CharField(max_length=40, blank=True)  # the number people know it by
    posted_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["posted_at"]
        indexes = [models.Index(fields=["posted_at"], name="journal_by_time")]

    def __str__(self) -> str:
        return self.source


class LedgerEntry(models.Model):
    """An amount on an account: debit above zero, credit below. Never changed and never deleted (triggers).

    The entries of a journal add up to zero in each currency when its transaction commits (constraint trigger).
    """

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=80)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="ledgerentry_not_zero"),
            models.CheckConstraint(condition=Q(currency__regex=CURRENCY_CHECK), name="ledgerentry_currency"),
        ]
        indexes = [models.Index(fields=["account", "currency"], name="ledgerentry_by_account")]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
