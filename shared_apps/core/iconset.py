"""The Lucide icons in `icons/`, read once per process and inlined into pages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

ICON_FOLDER = Path(__file__).parent / "icons"
SIZES = {"sm": 16, "md": 20, "lg": 24, "xl": 32}


class UnknownIcon(LookupError):
    """No icon of that name is vendored; copy it into `shared_apps/core/icons/`."""


@lru_cache(maxsize=256)
def icon_shapes(name: str) -> SafeString:
    """What is inside the icon's `<svg>`; raises UnknownIcon."""
    path = ICON_FOLDER / f"{name}.svg"
    if not name.replace("-", "").isalnum() or not path.is_file():
        raise UnknownIcon(name)
    text = path.read_text(encoding="utf-8")
    # S308: the files are ours, shipped with the code: their shapes need no escaping.
    return mark_safe(text[text.index(">") + 1 : text.rindex("</svg>")])  # noqa: S308


def icon_names() -> list[str]:
    """Every vendored icon, by name."""
    return sorted(path.stem for path in ICON_FOLDER.glob("*.svg"))


def render_icon(name: str, *, label: str = "", size: str = "md", css: str = "") -> SafeString:
    """An inline SVG in the colour of the text. Without a label it is hidden from screen readers."""
    pixels = SIZES[size]
    spoken = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}" width="{}" height="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" focusable="false" {}>{}</svg>',
        f" {css}" if css else "",
        pixels,
        pixels,
        spoken,
        icon_shapes(name),
    )
