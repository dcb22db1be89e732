from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tenant_apps.payments.permissions import PAYMENT_PERMISSIONS
from tenant_apps.team.permissions import Permission, RoleTemplate
from tenant_apps.team.products import SETTINGS, NavEntry, ProductConfig

if TYPE_CHECKING:
    from tenant_apps.team.models import Photo


class EventsConfig(ProductConfig):
    default = True
    name = "tenant_apps.events"
    label = "events"
    workspace_home = "events:staff_events"
    navigation = (
        NavEntry(
            _("Events"), "events:staff_events", "calendar-days", prefix="/staff/events/",
            permission="events.view_events", short=pgettext_lazy("short", "Events"),
        ),
        NavEntry(
            _("My calendar"), "events:staff_settings", "settings", prefix="/staff/settings/", short=_("Settings"),
            permission="events.change_calendar", group=SETTINGS,
        ),
        NavEntry(_("See the calendar"), "events:home", "globe", short=_("Site")),
    )  # fmt: skip
    permissions_title = _("Calendar")
    permissions = (
        Permission("events.view_events", _("See all events, drafts too")),
        Permission("events.change_events", _("Add and change events")),
        Permission("events.publish_events", _("Publish events")),
        Permission("events.cancel_events", _("Cancel events and delete drafts")),
        Permission("events.change_calendar", _("Change what the calendar says about itself")),
        *PAYMENT_PERMISSIONS,
    )
    roles = (
        RoleTemplate(
            "organiser",
            _("Organiser"),
            ("events.view_events", "events.change_events", "events.publish_events", "events.cancel_events"),
        ),
        RoleTemplate("validator", _("Validator"), ("events.view_events", "events.publish_events")),
        RoleTemplate("door_staff", _("Door staff"), ("events.view_events",)),
        RoleTemplate("member", _("Member"), (), for_customers=True),
    )

    def is_public_photo(self, photo: Photo) -> bool:
        """Covers of published and cancelled events are for everybody."""
        from tenant_apps.events.selectors import is_cover_public

        return is_cover_public(photo)
