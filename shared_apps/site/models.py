"""What the public site remembers of a visitor who has not ordered yet."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class SignupDraft(models.Model):
    """What somebody has typed so far, kept with the account so that another device or day loses nothing."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="signup_draft")
    data = models.JSONField(default=dict)
    updated_at = models.DateTimeField(db_default=Now())
