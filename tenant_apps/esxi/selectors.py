"""Reading the servers."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Lower

from shared_apps.usage.counted import Counted, Monthly, Total
from tenant_apps.esxi.models import Server
from tenant_apps.team.selectors import TEAM_COUNTED


def servers() -> QuerySet[Server]:
    """All servers by name. The sealed passwords stay in the database."""
    return Server.objects.defer("password_ciphertext").order_by(Lower("name"))


def server_by_id(server_id: UUID) -> Server | None:
    return servers().filter(pk=server_id).first()


def server_count() -> int:
    """All servers, whatever their state."""
    return Server.objects.count()


# Plans limit virtual machines and backups, of which there are none yet.
COUNTED: dict[str, Counted] = {
    "esxi_servers": Total(server_count),
    "vms": Total(lambda: 0),
    "backups_per_month": Monthly(lambda _since, _until: 0),
    **TEAM_COUNTED,
}
