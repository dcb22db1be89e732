"""Making servers for tests."""

from __future__ import annotations

import uuid
from typing import Any

from tenant_apps.esxi.models import Server
from tenant_apps.esxi.services import ServerDetails, add_server

PASSWORD = "très-secret-42"


def details(number: int = 1, **changes: Any) -> ServerDetails:
    """What staff would type for a server."""
    values = {
        "name": f"ESXi {number}",
        "host": f"esxi{number}.example.org",
        "port": 443,
        "username": "backup",
        "password": PASSWORD,
    }
    return ServerDetails(**{**values, **changes})


def make_server(number: int = 1, **changes: Any) -> Server:
    """A server in the current tenant."""
    return add_server(server_id=uuid.uuid4(), details=details(number, **changes))
