"""What the demonstration calendar announces."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.events import services
from tenant_apps.events.models import Calendar, Event

EVENTS = (
    (3, 18, 1, "Échange français – anglais", "Une heure de conversation autour d’un café.", "Échange", 24),
    (7, 12, 1, "Pause-déjeuner en espagnol", "On parle, on mange, on apprend.", "Échange", 16),
    (14, 17, 3, "Atelier : prendre la parole", "Trois heures pour oser parler en public.", "Atelier", 40),
    (28, 19, 4, "Soirée des langues", "Musique, jeux et rencontres dans toutes les langues.", "Fête", None),
)


def load(*, tenant: Tenant, owner: User) -> None:
    """Fill the calendar unless it has something already; each event in transactions of its own."""
    if Event.objects.exists():
        return
    calendar = Calendar.objects.get()
    services.save_calendar(
        details=services.CalendarDetails(
            name=calendar.name, time_zone=calendar.time_zone, contact_email="contact@example.org"
        )
    )
    zone = ZoneInfo(calendar.time_zone)
    for days, hour, hours, title, summary, category, capacity in EVENTS:
        day = (timezone.now().astimezone(zone) + timedelta(days=days)).date()
        start = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
        event = services.create_event(
            public_id=uuid.uuid4(),
            details=services.EventDetails(
                title=title,
                starts_at=start,
                ends_at=start + timedelta(hours=hours),
                summary=summary,
                category=category,
                place_name="Café des Palabres",
                place_address="Rue Joss, Bonanjo, Douala",
                latitude=Decimal("4.0445"),
                longitude=Decimal("9.6870"),
                capacity=capacity,
            ),
        )
        services.publish_event(event=event)
