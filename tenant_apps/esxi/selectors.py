"""Reading the servers."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Lower

from tenant_apps.esxi.models import Server
from tenant_apps.team.selectors import staff_count


def servers() -> QuerySet[Server]:
    """All servers by name. The sealed passwords stay in the database."""
    return Server.objects.defer("password_ciphertext").order_by(Lower("name"))


def server_by_id(server_id: UUID) -> Server | None:
    return servers().filter(pk=server_id).first()


def usage() -> dict[str, int]:
    """What is used of each quota of the plan, by the quota's name."""
    return {
        "esxi_servers": Server.objects.count(),
        "vms": 0,
        "backups_per_month": 0,
        "storage_gb": 0,
        "users": staff_count(),
    }
