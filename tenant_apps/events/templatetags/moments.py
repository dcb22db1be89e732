"""Dates and times in templates: `{% load moments %}`."""

from __future__ import annotations

from babel.dates import get_timezone_location
from django import template

from shared_apps.core.numbers import reader_locale
from tenant_apps.events import moments
from tenant_apps.events.models import Event

register = template.Library()

register.filter("month", moments.month)
register.filter("month_short", moments.month_short)
register.filter("day_number", moments.day_number)
register.filter("short_day", moments.short_day)


@register.filter
def zone_city(zone: str) -> str:
    """`{{ calendar.time_zone|zone_city }}`: "Africa/Cairo" is shown as "Le Caire" in French."""
    return get_timezone_location(zone, locale=reader_locale(), return_city=True)


@register.filter
def span(event: Event) -> str:
    """`{{ event|span }}`: "samedi 21 novembre 2026, 18 h – 20 h"."""
    return moments.span(event.starts_at, event.ends_at)


@register.filter
def hours(event: Event) -> str:
    """`{{ event|hours }}`: "18 h – 20 h"."""
    return moments.hours(event.starts_at, event.ends_at)
