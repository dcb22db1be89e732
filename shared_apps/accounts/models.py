"""Accounts, in the schema they belong to: the same address may exist in two tenants with two passwords."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

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
    email = models.EmailField(max_length=254)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    locale = models.CharField(max_length=5, default="fr")
    # In a tenant: the platform account this one is entered from. A plain id, never a foreign key.
    platform_user_id = models.UUIDField(null=True, blank=True, unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)  # on the platform: a platform admin; in a tenant: its staff
    consented_at = models.DateTimeField(null=True, blank=True)
    date_joined = models.DateTimeField(db_default=Now())

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_unique"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="accounts_user_email_lower"),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name or self.email.split("@")[0]


class EmailCode(models.Model):
    """A 6-digit code sent to an address. Only its keyed hash is kept; five wrong tries end it."""

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


class HandoverUse(models.Model):
    """A hand-over token that was redeemed here. The primary key makes every token single-use."""

    token_id = models.UUIDField(primary_key=True)
    used_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()
