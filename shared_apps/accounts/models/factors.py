"""Second factors beside the authenticator app and recovery codes, which allauth keeps."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from shared_apps.accounts.models.users import User
from shared_apps.core.querysets import SchemaBoundQuerySet


class SecondFactor(models.Model):
    """A person wants a code by e-mail, or to their proved phone, at every log-in."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        SMS = "sms"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="second_factors")
    kind = models.CharField(max_length=10, choices=Kind)
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="accounts_factor_once"),
            models.CheckConstraint(condition=Q(kind__in=["email", "sms"]), name="accounts_factor_kind"),
        ]
