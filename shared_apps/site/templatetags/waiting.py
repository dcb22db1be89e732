"""How long somebody has been waiting, in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def waiting_since(moment: datetime) -> str:
    """The time since a moment: "2 hours, 5 minutes", or that it is less than a minute."""
    if timezone.now() - moment < timedelta(minutes=1):
        return _("less than a minute")
    return timesince(moment)


@register.filter
def how_long(length: timedelta) -> str:
    """A stretch of time in words: "42 s", "3 min", "5 hours, 10 minutes"."""
    seconds = round(length.total_seconds())
    if seconds < 90:
        return _("%(seconds)d s") % {"seconds": seconds}
    if seconds < 5400:
        return _("%(minutes)d min") % {"minutes": round(seconds / 60)}
    now = timezone.now()
    return timesince(now - length, now)
