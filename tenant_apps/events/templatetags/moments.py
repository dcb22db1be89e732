"""Dates and times in templates: `{% load moments %}`."""

from __future__ import annotations

from django import template

from tenant_apps.events import moments
from tenant_apps.events.models import Event

register = template.Library()

register.filter("month", moments.month)
register.filter("month_short", moments.month_short)
register.filter("day_number", moments.day_number)
register.filter("short_day", moments.short_day)


@register.filter
def span(event: Event) -> str:
    """`{{ event|span }}`: "samedi 21 novembre 2026, 18 h – 20 h"."""
    return moments.span(event.starts_at, event.ends_at)


@register.filter
def hours(event: Event) -> str:
    """`{{ event|hours }}`: "18 h – 20 h"."""
    return moments.hours(event.starts_at, event.ends_at)
