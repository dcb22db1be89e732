"""Short codes sent to people. Only their keyed hashes are kept; five wrong tries end one."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from shared_apps.accounts.models.users import User
from shared_apps.core.querysets import SchemaBoundQuerySet


class EmailCode(models.Model):
    """A 6-digit code that proves the address an account was registered with."""

    MAX_TRIES = 5

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="email_codes")
    code_hash = models.CharField(max_length=64)
    password_hash = models.CharField(max_length=128)  # the account's when the code was sent: tells registrations apart
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tries__gte=0, tries__lte=5), name="accounts_emailcode_tries"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="accounts_emailcode_expiry"),
        ]
        indexes = [models.Index(fields=["user", "-created_at"], name="accounts_emailcode_latest")]


class OneTimeCode(models.Model):
    """What is sent to somebody who has an account, and works once: a 6-digit code, or the secret in a link."""

    MAX_TRIES = 5

    class Purpose(models.TextChoices):
        LOG_IN = "log_in"
        CONFIRM = "confirm"
        PHONE = "phone"
        EMAIL = "email"  # a link to the new address
        REOPEN = "reopen"  # a link to the address of an account its owner closed

    class Channel(models.TextChoices):
        EMAIL = "email"
        SMS = "sms"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="one_time_codes")
    purpose = models.CharField(max_length=10, choices=Purpose)
    channel = models.CharField(max_length=10, choices=Channel)
    destination = models.CharField(max_length=254)
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tries__gte=0, tries__lte=5), name="accounts_code_tries"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="accounts_code_expiry"),
            models.CheckConstraint(
                condition=Q(purpose__in=["log_in", "confirm", "phone", "email", "reopen"]), name="accounts_code_purpose"
            ),
            models.CheckConstraint(condition=Q(channel__in=["email", "sms"]), name="accounts_code_channel"),
        ]
        indexes = [models.Index(fields=["user", "purpose", "-created_at"], name="accounts_code_latest")]
