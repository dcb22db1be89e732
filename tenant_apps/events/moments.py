"""Dates and times as people read them, in the current zone and the language of the page."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_date, format_time
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shared_apps.core.dates import written

NO_BREAK = "\u00a0"
EN_DASH = "\u2013"


def _language() -> str:
    return (get_language() or "fr").split("-")[0]


def clock(moment: datetime) -> str:
    """ "18 h 30" or "18 h" in French, "6:30 PM" in English."""
    local = timezone.localtime(moment)
    if _language() == "fr":
        minutes = f"{NO_BREAK}{local.minute:02}" if local.minute else ""
        return f"{local.hour}{NO_BREAK}h{minutes}"
    return format_time(local.time(), "short", locale=_language())


def day(moment: datetime) -> str:
    """ "samedi 21 novembre 2026"."""
    pattern = "EEEE d MMMM y" if _language() == "fr" else "EEEE, MMMM d, y"
    return written(timezone.localtime(moment).date(), pattern, locale=_language())


def short_day(moment: datetime) -> str:
    """ "sam. 21 nov.": for lists, where the month and year stand above."""
    pattern = "EEE d MMM" if _language() == "fr" else "EEE, MMM d"
    return written(timezone.localtime(moment).date(), pattern, locale=_language())


def month(moment: datetime) -> str:
    """ "Novembre 2026"."""
    text = format_date(timezone.localtime(moment).date(), "LLLL yyyy", locale=_language())
    return text[:1].upper() + text[1:]


def month_short(moment: datetime) -> str:
    """ "nov."."""
    return format_date(timezone.localtime(moment).date(), "MMM", locale=_language())


def day_number(moment: datetime) -> str:
    """ "21"."""
    return str(timezone.localtime(moment).day)


def span(start: datetime, end: datetime) -> str:
    """From when to when: on one day its hours, else both days."""
    if timezone.localtime(start).date() == timezone.localtime(end).date():
        return f"{day(start)}, {clock(start)}{NO_BREAK}{EN_DASH} {clock(end)}"
    return _("from %(start)s to %(end)s") % {
        "start": f"{day(start)}, {clock(start)}",
        "end": f"{day(end)}, {clock(end)}",
    }


def hours(start: datetime, end: datetime) -> str:
    """For lists, beside the day of the start."""
    if timezone.localtime(start).date() == timezone.localtime(end).date():
        return f"{clock(start)}{NO_BREAK}{EN_DASH} {clock(end)}"
    return f"{clock(start)}{NO_BREAK}{EN_DASH} {short_day(end)}, {clock(end)}"
