"""How people may get an account here, as the organisation chose."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from shared_apps.core.querysets import SchemaBoundQuerySet


class AccountRules(models.Model):
    """The one row of rules of a schema. Absent: the defaults below."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    registration_open = models.BooleanField(default=True)
    minimum_age = models.PositiveSmallIntegerField(null=True, blank=True)
    languages_required = models.BooleanField(default=False)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="accounts_rules_only_one"),
            models.CheckConstraint(
                condition=Q(minimum_age__isnull=True) | Q(minimum_age__gte=13, minimum_age__lte=99),
                name="accounts_rules_age",
            ),
        ]


class SignInProvider(models.Model):
    """A tenant's own keys at Google or Facebook. The secret is sealed for this very row."""

    class Provider(models.TextChoices):
        GOOGLE = "google"
        FACEBOOK = "facebook"

    provider = models.CharField(max_length=20, choices=Provider, unique=True)
    client_id = models.CharField(max_length=200)
    secret_ciphertext = models.TextField()
    is_active = models.BooleanField(default=True)
    updated_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(provider__in=["google", "facebook"]), name="accounts_provider_known"),
            models.CheckConstraint(condition=~Q(secret_ciphertext=""), name="accounts_provider_secret"),
        ]

    @property
    def login_url_name(self) -> str:
        """The address that starts a log-in, by allauth's name."""
        return f"{self.provider}_login"
