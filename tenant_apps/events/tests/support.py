"""Making events for tests."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tenant_apps.events import services
from tenant_apps.events.models import Event
from tenant_apps.events.services import EventDetails

SOON = datetime.now(UTC).replace(microsecond=0, second=0, minute=0) + timedelta(days=3)


def details(title: str = "Café polyglotte", **changes: Any) -> EventDetails:
    """What staff would type for an event in three days."""
    starts_at = changes.pop("starts_at", SOON)
    ends_at = changes.pop("ends_at", starts_at + timedelta(hours=2))
    return EventDetails(**{"title": title, "starts_at": starts_at, "ends_at": ends_at, **changes})


def make_event(title: str = "Café polyglotte", *, publish: bool = True, **changes: Any) -> Event:
    """An event in the current tenant."""
    event = services.create_event(public_id=uuid.uuid4(), details=details(title, **changes))
    return services.publish_event(event=event) if publish else event
