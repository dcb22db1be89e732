"""Template tags of the design system. Load with `{% load ui %}`; see docs/design-system.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from babel.dates import get_timezone_location
from django import template
from django.conf import settings
from django.forms import BaseForm, BoundField
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from billing.money import Money
from shared_apps.core.dates import moment_in_words, written
from shared_apps.core.iconset import UnknownIcon, render_icon
from shared_apps.core.numbers import number_text, reader_locale

register = template.Library()

# A status is always shown by colour, icon and word together.
TONE_ICONS = {
    "success": "circle-check",
    "warning": "triangle-alert",
    "danger": "circle-alert",
    "info": "info",
    "neutral": "circle-dot",
    "brand": "star",
}
MESSAGE_TONES = {"debug": "neutral", "info": "info", "success": "success", "warning": "warning", "error": "danger"}
BAR_PLACES = 5
STEP_ICONS = {"done": "check", "failed": "x"}


@register.simple_tag
def icon(name: str, label: str = "", size: str = "md", css: str = "") -> SafeString:
    """`{% icon "check" %}`: hidden from screen readers unless it has a `label`. Sizes: sm, md, lg, xl."""
    try:
        return render_icon(name, label=label, size=size, css=css)
    except UnknownIcon:
        # A name may come from data (an event category); a page is worth more than its icon.
        if settings.DEBUG:
            raise
        return mark_safe("")


def _display(amount: Money) -> SafeString:
    return format_html('<span class="money">{}</span>', amount.display(reader_locale()))


@register.simple_tag(name="money")
def money_tag(amount: Money | None, worth: Money | None = None) -> SafeString:
    """`{% money order.total %}`: "25 000 FCFA" in the reader's language, never broken over two lines; with what it is `worth`
    behind it where that is in another currency: "38,11 € (25 000 FCFA)"."""
    if amount is None:
        return mark_safe("")
    if worth is None or worth.currency == amount.currency:
        return _display(amount)
    return format_html("{} ({})", _display(amount), _display(worth))


@register.filter(name="money")
def money_filter(value: Money | int | None, currency: str = "") -> SafeString:
    """`{{ order.total_minor|money:order.currency }}` for minor units, or `{{ order.total|money }}` for Money."""
    if value is None or value == "":
        return mark_safe("")
    return _display(value if isinstance(value, Money) else Money(value, currency))


@register.filter
def moment(value: datetime | None) -> str:
    """A date and an hour in the reader's language and time zone: "21 novembre 2026, 14 h 30"."""
    if value is None:
        return ""
    return moment_in_words(timezone.localtime(value) if timezone.is_aware(value) else value, locale=reader_locale())


@register.filter
def moment_and_zone(value: datetime | None) -> str:
    """A moment with the place whose time it is, for a deadline: "21 novembre 2026, 14 h 30 (heure de Douala)"."""
    if value is None:
        return ""
    city = get_timezone_location(timezone.get_current_timezone_name(), locale=reader_locale(), return_city=True)
    return _("%(moment)s (%(city)s time)") % {"moment": moment(value), "city": city}


@register.filter
def thousands(number: int | None) -> str:
    """A count of things, with its thousands apart: "1 500"."""
    return "" if number is None else number_text(number)


@register.filter
def signed(number: int) -> str:
    """How much more or less, with its sign: "+3", "−1 500"."""
    return number_text(number, "+#,##0;\u2212#,##0")


@register.filter
def file_size(size: int | None) -> str:
    """A file's size in bytes as people read it, in thousands: "64 KB", "1.4 MB"; at least 1 KB."""
    if size is None:
        return ""
    if size < 999_500:
        return _("%(size)s KB") % {"size": number_text(max(1, round(size / 1000)))}
    return _("%(size)s MB") % {"size": number_text(size / 1_000_000, "#,##0.#")}


@register.filter
def day(value: date | None) -> str:
    """A date in the reader's language: "21 novembre 2026"."""
    if value is None:
        return ""
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return written(value, "d MMMM y", locale=reader_locale())


@register.filter
def bottom_bar(nav: Sequence[Any]) -> list[Any]:
    """The entries of a navigation for the bottom bar of phones: all where there are five at most, else those marked
    `on_bar`, filled up to four with the first others; in their own order."""
    if len(nav) <= BAR_PLACES:
        return list(nav)
    marked = [entry for entry in nav if getattr(entry, "on_bar", False)]
    chosen = [*marked, *(entry for entry in nav if entry not in marked)][: BAR_PLACES - 1]
    return [entry for entry in nav if entry in chosen]


@register.filter
def tone_icon(tone: str) -> str:
    """The icon that goes with success, warning, danger, info or neutral."""
    return TONE_ICONS.get(tone, "info")


@register.filter
def message_tone(tags: str) -> str:
    """The tone of a Django message, from its level tag."""
    words = tags.split()
    return MESSAGE_TONES.get(words[-1] if words else "", "info")


@register.filter
def step_word(state: str) -> str:
    """What a step's state is called, for those who do not see its colour."""
    return {
        "done": _("Done"),
        "current": _("In progress"),
        "todo": _("To do"),
        "failed": _("Failed"),
    }.get(state, "")


@register.filter
def step_icon(state: str) -> str:
    """The icon of a finished or failed step; empty for the others, which show their number."""
    return STEP_ICONS.get(state, "")


@register.filter
def initials(name: object) -> str:
    """One or two capitals for an avatar: "Awa Diop" gives "AD"."""
    words = [word for word in str(name or "").replace("@", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.filter
def hue_class(name: object) -> str:
    """One of six avatar colours, always the same for the same name."""
    return f"hue-{sum(str(name or '').encode()) % 6}"


@register.filter
def in_fours(account: str | None) -> str:
    """An IBAN as it is printed (ISO 13616): "CM21 1000 2000 …"; any other account as it is. Whoever copies the groups gets
    what banks take."""
    account = account or ""
    if not (account[:2].isalpha() and account[2:4].isdigit()):
        return account
    return " ".join(account[start : start + 4] for start in range(0, len(account), 4))


@register.filter
def control_id(field: BoundField) -> str:
    """The id of the field's first control, which is where a link to the field should lead."""
    first = field.field.widget
    if field.use_fieldset and getattr(first, "option_inherits_attrs", None) is not None:
        return f"{field.auto_id}_0"
    return field.id_for_label or field.auto_id


@register.filter
def all_errors(form: BaseForm) -> list[dict[str, Any]]:
    """Every error of a form in the order of its fields: {text, label, href}; the last two are empty for the whole form."""
    found: list[dict[str, Any]] = [{"text": text, "label": "", "href": ""} for text in form.non_field_errors()]
    for field in form:
        href = "" if field.is_hidden else f"#{control_id(field)}"
        found += [{"text": text, "label": field.label, "href": href} for text in field.errors]
    return found


@register.filter
def percent_of(part: float | None, whole: float | None) -> int:
    """`{{ used|percent_of:limit }}`: whole per cent between 0 and 100; 0 when there is no limit."""
    if not whole or not part:
        return 0
    return max(0, min(100, round(100 * float(part) / float(whole))))


@register.filter
def item(mapping: Any, key: Any) -> Any:
    """`{{ row|item:column.key }}`: a value by key or attribute, empty when there is none."""
    if isinstance(mapping, dict):
        return mapping.get(key, "")
    return getattr(mapping, str(key), "")


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """`?{% query page=2 %}`: this page's query with some values changed; None or "" removes one."""
    parameters = context["request"].GET.copy() if "request" in context else None
    if parameters is None:
        from django.http import QueryDict

        parameters = QueryDict(mutable=True)
    for name, value in changes.items():
        parameters.pop(name, None)
        if value not in (None, ""):
            parameters[name] = str(value)
    return parameters.urlencode()


@register.simple_tag(takes_context=True)
def draft(context: template.Context, name: str, key: Any = None) -> SafeString:
    """`<form {% draft "product" product.public_id %}>`: what is typed is kept in the tab, for this person (in this visit) alone.

    Without a key it is "product", with an empty one "product-new".
    """
    request = context["request"]
    visit = getattr(request, "impersonation", None)
    owner = f"{request.user.pk or ''}{visit.pk if visit else ''}"
    whole = name if key is None else f"{name}-{key or 'new'}"
    return format_html('data-draft="{}" data-draft-owner="{}"', whole, owner)


@register.simple_block_tag
def alert(content: str, tone: str = "info", title: str = "", live: bool = False) -> SafeString:
    """`{% alert tone="warning" title=… %}…{% endalert %}`: a message about this part of the page.

    `live=True` makes screen readers say it when it appears after the page was loaded.
    """
    return format_html(
        '<div class="alert alert-{}"{}>{}<div class="alert-body">{}{}</div></div>',
        tone or "info",
        mark_safe(' role="status"') if live else "",
        render_icon(TONE_ICONS.get(tone, "info")),
        format_html('<p class="alert-title">{}</p>', title) if title else "",
        content,
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:
    """`{% dialog id="stop" title=… %}…{% enddialog %}`, opened by `<a href="#stop" data-open-dialog>`.

    Without JavaScript the link's `:target` shows it in place.
    """
    return format_html(
        '<dialog class="dialog" id="{0}" aria-labelledby="{0}-title"><div class="dialog-head">'
        '<h2 class="dialog-title" id="{0}-title">{1}</h2>'
        '<a class="button button-quiet button-icon" href="#" data-close-dialog aria-label="{2}">{3}</a></div>{4}</dialog>',
        id,
        title,
        _("Close"),
        render_icon("x"),
        content,
    )


@register.simple_block_tag
def menu(content: str, label: str, icon: str = "chevron-down", css: str = "", hide_label: bool = False) -> SafeString:
    """`{% menu label=… %}<a …>…</a>{% endmenu %}`: a native disclosure; links and buttons go inside."""
    return format_html(
        '<details class="menu {}"><summary class="button button-quiet{}">{}{}</summary>'
        '<div class="menu-panel">{}</div></details>',
        css,
        " button-icon" if hide_label else "",
        format_html('<span class="visually-hidden">{}</span>', label) if hide_label else label,
        render_icon(icon),
        content,
    )
