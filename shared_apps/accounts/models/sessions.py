"""Who came in, how, and what is still open."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from shared_apps.accounts.models.users import User
from shared_apps.core.querysets import SchemaBoundQuerySet


class ApiSession(models.Model):
    """One log-in over the API. Its tokens name it (claim `sid`): ending it ends every one of them at once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_sessions")
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    refreshed_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user"], name="accounts_apisession_open", condition=Q(ended_at__isnull=True))]


class LoginAttempt(models.Model):
    """One try to log in, whatever came of it. `email` is what was typed, in lower case."""

    class Method(models.TextChoices):
        PASSWORD = "password"  # noqa: S105 — the way in, not a secret
        API = "api"
        SOCIAL = "social"
        HANDOVER = "handover"

    class Reason(models.TextChoices):
        WRONG = "wrong"  # no such account, or another password: strangers are told the same
        LOCKED = "locked"
        UNVERIFIED = "unverified"
        INACTIVE = "inactive"
        SECOND_FACTOR = "second_factor"
        REFUSED = "refused"

    at = models.DateTimeField(db_default=Now())
    email = models.CharField(max_length=254)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="login_attempts")
    method = models.CharField(max_length=10, choices=Method)
    succeeded = models.BooleanField()
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    country = models.CharField(max_length=2, blank=True)  # where a proxy in front says so

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(succeeded=True, reason="") | Q(succeeded=False) & ~Q(reason=""),
                name="accounts_attempt_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-at"], name="accounts_attempt_user"),
            models.Index(fields=["-at"], name="accounts_attempt_at"),
        ]


class HandoverUse(models.Model):
    """A hand-over token that was redeemed here. The primary key makes every token single-use."""

    token_id = models.UUIDField(primary_key=True)
    used_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()
