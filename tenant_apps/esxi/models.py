"""The ESXi hosts an organisation backs up."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from shared_apps.core.querysets import SchemaBoundQuerySet


class Workspace(models.Model):
    """The workspace's settings: one row, whose lock guards names and addresses."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="esxi_workspace_only_one")]


class Server(models.Model):
    """An ESXi host or a vCenter. Its random id is also part of what its password is sealed with."""

    class Status(models.TextChoices):
        UNKNOWN = "unknown"
        OK = "ok"
        UNREACHABLE = "unreachable"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=443)
    username = models.CharField(max_length=128)
    password_ciphertext = models.TextField()
    # SHA-256 of the certificate to pin, upper case hex with colons; empty: ask at the first connection.
    thumbprint = models.CharField(max_length=95, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.UNKNOWN)
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = SchemaBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "port"], name="esxi_server_address_unique"),
            models.UniqueConstraint(Lower("name"), name="esxi_server_name_unique"),
            models.CheckConstraint(condition=Q(port__gte=1, port__lte=65535), name="esxi_server_port"),
            models.CheckConstraint(condition=Q(host=Lower("host")), name="esxi_server_host_lower"),
            models.CheckConstraint(condition=Q(status__in=["unknown", "ok", "unreachable"]), name="esxi_server_status"),
            models.CheckConstraint(condition=~Q(password_ciphertext=""), name="esxi_server_password"),
            models.CheckConstraint(
                condition=Q(thumbprint="") | Q(thumbprint__regex=r"^([0-9A-F]{2}:){31}[0-9A-F]{2}$"),
                name="esxi_server_thumbprint",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Host and port as people write them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"
