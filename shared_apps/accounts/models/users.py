"""Accounts, in the schema they belong to: the same address may exist in two tenants with two passwords."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from shared_apps.core.querysets import SchemaBoundQuerySet


class UserManager(BaseUserManager.from_queryset(SchemaBoundQuerySet)):  # type: ignore[misc]  # a class made at run time
    def get_by_natural_key(self, email: str | None) -> User:
        return self.get(email=(email or "").lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. Ids are random so that a session or link of one schema means nothing in another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"), max_length=254)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    locale = models.CharField(max_length=5, default="fr")
    # In a tenant: the platform account this one is entered from. A plain id, never a foreign key.
    platform_user_id = models.UUIDField(null=True, blank=True, unique=True)
    phone = models.CharField(max_length=20, blank=True)  # E.164
    phone_verified_at = models.DateTimeField(null=True, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    closed_at = models.DateTimeField(null=True, blank=True)  # by its owner, who may open it again
    is_staff = models.BooleanField(default=False)  # on the platform: a platform admin; in a tenant: its staff
    date_joined = models.DateTimeField(db_default=Now())

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_unique"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="accounts_user_email_lower"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(is_active=False), name="accounts_user_closed"
            ),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=r"^\+[0-9]{6,15}$"), name="accounts_user_phone_e164"
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name or self.email.split("@")[0]


class SpokenLanguage(models.Model):
    """A language a person speaks or wants to learn; tenants that exchange languages ask for both kinds."""

    class Kind(models.TextChoices):
        NATIVE = "native"
        TARGET = "target"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="languages")
    language = models.CharField(max_length=2)  # ISO 639-1
    kind = models.CharField(max_length=10, choices=Kind)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "language"], name="accounts_language_once"),
            models.CheckConstraint(condition=Q(kind__in=["native", "target"]), name="accounts_language_kind"),
            models.CheckConstraint(condition=Q(language__regex=r"^[a-z]{2}$"), name="accounts_language_code"),
        ]
