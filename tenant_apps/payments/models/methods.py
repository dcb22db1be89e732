"""Ways to pay that a tenant offers, each with the tenant's own keys."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.providers import reasons
from shared_apps.core.querysets import SchemaBoundQuerySet


class Method(models.Model):
    """A way to pay: one row each, made when it is first set up. Its secrets are one sealed text for this very row."""

    class Name(models.TextChoices):
        ORANGE_MONEY = "orange_money", "Orange Money"
        WAVE = "wave", "Wave"
        MTN_MOMO = "mtn_momo", "MTN Mobile Money"
        MOOV = "moov", "Moov Money"
        STRIPE = "stripe", _("Bank card (Stripe)")
        PAYPAL = "paypal", "PayPal"
        BANK_TRANSFER = "bank_transfer", _("Bank transfer")
        CASH = "cash", _("Cash")

    name = models.CharField(max_length=20, choices=Name, primary_key=True)
    is_active = models.BooleanField(default=False)
    is_test = models.BooleanField(default=False)  # takes no real money: the provider's sandbox, or its test keys
    position = models.PositiveSmallIntegerField(default=0)
    settings = models.JSONField(default=dict)  # what is no secret: `keys.FIELDS`
    secrets_ciphertext = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_error = models.CharField(max_length=40, blank=True)  # one of billing.providers.reasons
    updated_at = models.DateTimeField(db_default=Now())

    # How its provider answers, as `services.health` notes it: not offered since `hidden_since`, asked again at `next_check_at`.
    failures = models.PositiveIntegerField(default=0)  # in a row
    failed_at = models.DateTimeField(null=True, blank=True)
    failure_reason = models.CharField(max_length=40, blank=True)  # one of billing.providers.reasons
    hidden_since = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    name__in=[
                        "orange_money", "wave", "mtn_momo", "moov", "stripe", "paypal", "bank_transfer", "cash",
                    ]
                ),
                name="payments_method_known",
            ),
            models.CheckConstraint(
                condition=Q(hidden_since__isnull=True) | Q(next_check_at__isnull=False),
                name="payments_hidden_method_is_checked",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.get_name_display())

    @property
    def has_provider(self) -> bool:
        """Whether somebody else's server is behind it, which may fail."""
        return self.name not in (self.Name.CASH, self.Name.BANK_TRANSFER)

    @property
    def is_hidden(self) -> bool:
        """Whether its provider fails, so that customers cannot choose it for now."""
        return self.hidden_since is not None

    @property
    def is_refused(self) -> bool:
        """Whether it is hidden because the provider refuses the keys."""
        return self.is_hidden and self.failure_reason == reasons.MISCONFIGURED
