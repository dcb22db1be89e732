from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from tenant_apps.team.products import NavEntry, ProductConfig

if TYPE_CHECKING:
    from tenant_apps.team.models import Photo


class EventsConfig(ProductConfig):
    default = True
    name = "tenant_apps.events"
    label = "events"
    workspace_home = "events:staff_events"
    navigation = (
        NavEntry(_("Events"), "events:staff_events", "calendar-days", prefix="/staff/events/"),
        NavEntry(_("My calendar"), "events:staff_settings", "settings", prefix="/staff/settings/", short=_("Settings")),
        NavEntry(_("See the calendar"), "events:home", "globe", short=_("Calendar")),
    )

    def is_public_photo(self, photo: Photo) -> bool:
        """Covers of published and cancelled events are for everybody."""
        from tenant_apps.events.selectors import is_cover_public

        return is_cover_public(photo)
