"""Addresses of a calendar."""

from __future__ import annotations

from django.urls import path

from tenant_apps.events.views import people, public, staff

app_name = "events"
urlpatterns = [
    path("", public.home, name="home"),
    path("calendar.ics", public.feed, name="feed"),
    path("events/<slug:slug>.ics", public.event_ics, name="event_ics"),
    path("events/<slug:slug>/", public.event, name="event"),
    path("people/<uuid:person_id>/", people.person, name="person"),
    path("staff/events/", staff.events, name="staff_events"),
    path("staff/events/new/", staff.new_event, name="staff_new_event"),
    path("staff/events/<slug:slug>/edit/", staff.edit_event, name="staff_edit_event"),
    path("staff/events/<slug:slug>/publish/", staff.publish_event, name="staff_publish_event"),
    path("staff/events/<slug:slug>/cancel/", staff.cancel_event, name="staff_cancel_event"),
    path("staff/events/<slug:slug>/delete/", staff.delete_draft, name="staff_delete_draft"),
    path("staff/settings/", staff.settings, name="staff_settings"),
]
