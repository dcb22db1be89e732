"""A tenant's colour, accepted where it can be read and moved to the nearest that can where not.

Contrast is WCAG 2.2's: 4.5 for text. The result is the text of a stylesheet that replaces the `--brand` tokens, to be
served as its own file because the content policy allows no inline styles.
"""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass

TEXT_CONTRAST = 4.5
LIGHT_SURFACES = ("#ffffff", "#faf7f1", "#f4efe5")
DARK_SURFACES = ("#1d1c16", "#14140f", "#191812")
WHITE, INK = "#ffffff", "#14140f"
STEPS = 200

Rgb = tuple[float, float, float]


class NotAColour(ValueError):
    """The text is not a colour of the form #rrggbb."""


@dataclass(frozen=True, slots=True)
class Brand:
    """The brand tokens of one scheme, light or dark."""

    brand: str
    strong: str
    on_brand: str
    tint: str
    line: str


def parse(colour: str) -> Rgb:
    """`#rrggbb` as three shares of one; raises NotAColour."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise NotAColour(colour)
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def to_hex(rgb: Rgb) -> str:
    """Three shares of one as `#rrggbb`."""
    return "#" + "".join(f"{round(max(0.0, min(1.0, part)) * 255):02x}" for part in rgb)


def luminance(colour: str) -> float:
    """WCAG relative luminance, 0 to 1."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parse(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def nearest_readable(colour: str, surfaces: tuple[str, ...], *, darker: bool) -> str:
    """The colour itself when it reads on every surface, else the first one darker (or lighter) that does."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*parse(colour))
    end = 0.0 if darker else 1.0
    for step in range(STEPS + 1):
        moved = lightness + (end - lightness) * step / STEPS
        candidate = colour.lower() if step == 0 else to_hex(colorsys.hls_to_rgb(hue, moved, saturation))
        if all(contrast(candidate, surface) >= TEXT_CONTRAST for surface in surfaces):
            return candidate
    return to_hex((end, end, end))


def mix(one: str, other: str, share: float) -> str:
    """`share` of `one`, the rest of `other`."""
    first, second = parse(one), parse(other)
    return to_hex(
        (
            first[0] * share + second[0] * (1 - share),
            first[1] * share + second[1] * (1 - share),
            first[2] * share + second[2] * (1 - share),
        )
    )


def brand_for(colour: str, *, dark: bool) -> Brand:
    """The tokens of one scheme from a tenant's colour; text on each tint keeps the text contrast."""
    surfaces = DARK_SURFACES if dark else LIGHT_SURFACES
    surface = surfaces[0]
    tint = mix(colour, surface, 0.14 if dark else 0.08)
    brand = nearest_readable(colour, (*surfaces, tint), darker=not dark)
    on_brand = max((WHITE, INK), key=lambda text: contrast(brand, text))
    return Brand(
        brand=brand,
        strong=mix(brand, WHITE if dark else INK, 0.82),
        on_brand=on_brand,
        tint=tint,
        line=mix(brand, surface, 0.35),
    )


def theme_css(colour: str) -> str:
    """The stylesheet to serve as /theme.css for a tenant of this colour; raises NotAColour."""

    def tokens(brand: Brand) -> str:
        return (
            f"--brand:{brand.brand};--brand-strong:{brand.strong};--on-brand:{brand.on_brand};"
            f"--brand-tint:{brand.tint};--brand-line:{brand.line};"
            f"--accent:{brand.brand};--accent-strong:{brand.strong};--on-accent:{brand.on_brand}"
        )

    light, dark = tokens(brand_for(colour, dark=False)), tokens(brand_for(colour, dark=True))
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
