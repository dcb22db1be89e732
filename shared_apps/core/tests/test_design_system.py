"""The design system's promises: readable colours, small files, and components that render."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template, engines
from django.template.loader import render_to_string
from django.utils import translation

from billing.money import Money
from shared_apps.core import charts, colour
from shared_apps.core.iconset import icon_names, render_icon
from shared_apps.core.templatetags.ui import in_fours, initials
from shared_apps.core.widgets import Card, RadioCards, SubdomainInput

CSS = Path(settings.BASE_DIR, "static/css/app.css")
JS = Path(settings.BASE_DIR, "static/js/app.js")
SURFACES = ("page", "surface", "surface-sunken", "surface-hover")
TONES = ("success", "warning", "danger", "info", "neutral")


def tokens(scheme: str) -> dict[str, str]:
    """The colour tokens of a scheme as hexadecimal, references followed."""
    text = CSS.read_text()
    start = text.index("@layer tokens {")
    dark = text.index("@media screen and (prefers-color-scheme: dark)", start)
    end = text.index("@media (pointer", dark)
    source = text[start:dark] + (text[dark:end] if scheme == "dark" else "")
    found = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6}|var\(--[\w-]+\))\s*;", source))

    def resolve(value: str) -> str:
        if value.startswith("var("):
            return resolve(found[value[6:-1]])
        return value if len(value) == 7 else "#" + "".join(digit * 2 for digit in value[1:])

    return {name: resolve(value) for name, value in found.items()}


def text_pairs() -> list[tuple[str, str]]:
    pairs = [(text, surface) for text in ("text", "text-soft", "brand-text", "danger") for surface in SURFACES]
    pairs += [
        ("on-brand", "brand"),
        ("on-brand", "brand-strong"),
        ("on-accent", "accent"),
        ("on-accent", "accent-strong"),
    ]
    pairs += [("brand-text", "brand-tint"), ("text-soft", "brand-tint"), ("surface", "danger"), ("page", "text")]
    for tone in TONES:
        pairs += [(tone, f"{tone}-tint"), (tone, "surface"), (tone, "page"), ("text", f"{tone}-tint")]
        pairs.append(("brand-text", f"{tone}-tint"))
    return pairs


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_controls_can_be_seen(scheme: str) -> None:
    values = tokens(scheme)
    weak = [(a, b) for a, b in text_pairs() if colour.contrast(values[a], values[b]) < 4.5]
    weak += [
        (line, surface)
        for line in ("control-line", "brand", "accent", *(f"series-{n}" for n in range(1, 7)))
        for surface in ("page", "surface", "surface-sunken")
        if colour.contrast(values[line], values[surface]) < 3
    ]
    assert weak == []


@pytest.mark.parametrize(
    "chosen", ["#ffd400", "#e0457b", "#123456", "#ffffff", "#000000", "#00aa88", "#808080", "#7f0000"]
)
def test_a_tenants_colour_is_moved_until_it_can_be_read(chosen: str) -> None:
    for dark in (False, True):
        brand = colour.brand_for(chosen, dark=dark)
        for surface in (*(colour.DARK_SURFACES if dark else colour.LIGHT_SURFACES), brand.tint):
            assert colour.contrast(brand.brand, surface) >= 4.5
        assert colour.contrast(brand.on_brand, brand.brand) >= 4.5
        assert colour.contrast(brand.on_brand, brand.strong) >= 4.5


def test_a_colour_that_passes_is_left_alone() -> None:
    assert colour.brand_for("#17553a", dark=False).brand == "#17553a"
    with pytest.raises(colour.NotAColour):
        colour.theme_css("red;}body{display:none")


def test_the_files_stay_small() -> None:
    assert len(gzip.compress(CSS.read_bytes())) < 14_000
    assert len(gzip.compress(JS.read_bytes())) < 8_000


def test_templates_use_only_icons_that_exist() -> None:
    names = set(icon_names())
    used = set()
    for path in Path(settings.BASE_DIR, "templates").rglob("*.html"):
        used |= set(re.findall(r'{% icon "([\w-]+)"', path.read_text()))
    assert used - names == set()


def test_an_icon_is_hidden_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in render_icon("check")
    labelled = render_icon("check", label='Say "yes"')
    assert 'role="img"' in labelled
    assert "aria-hidden" not in labelled
    assert 'aria-label="Say &quot;yes&quot;"' in labelled


def test_nothing_in_the_templates_needs_inline_code_or_styles() -> None:
    for path in Path(settings.BASE_DIR, "templates").rglob("*.html"):
        if "emails" in path.parts:
            continue
        text = path.read_text()
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)[^>]*>\s*\S|\son[a-z]+=|hx-on", text), path


class SampleForm(forms.Form):
    email = forms.EmailField(help_text="We send a code.")
    subdomain = forms.CharField(widget=SubdomainInput(suffix=".example.test"))
    plan = forms.ChoiceField(
        choices=[("a", "A"), ("b", "B")], widget=RadioCards(cards={"a": Card("Small <b>", "5 EUR", "check")})
    )
    note = forms.CharField(required=False)
    consent = forms.BooleanField()


def test_a_field_ties_its_label_hint_and_error_together() -> None:
    form = SampleForm({"email": "nope", "subdomain": "kola"})
    html = form["email"].as_field_group()
    assert 'for="id_email"' in html
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'id="id_email_error"' in html
    assert 'aria-invalid="true"' in html
    assert ".example.test" in form["subdomain"].as_field_group()
    assert "optional" in form["note"].as_field_group()


def test_the_error_summary_leads_to_the_first_control_of_each_field() -> None:
    with translation.override("en"):
        html = SampleForm({"email": "nope", "subdomain": "kola"}).render()
    assert html.index("error-summary") < html.index('name="email"')
    assert 'href="#id_email"' in html
    assert 'href="#id_plan_0"' in html
    assert 'id="id_plan_0"' in html
    assert "Small &lt;b&gt;" in html


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Awa Diop", "AD"), ("Jean-Paul N’Diaye", "JN"), ("Awa", "A"), ("Marie Claire Etoundi", "ME"), ("", "?")],
)
def test_an_avatar_has_the_first_letters_of_the_first_and_the_last_name(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_money_and_dates_speak_the_readers_language() -> None:
    page = Template('{% load ui %}{% money m %}|{{ 1906|money:"EUR" }}|{{ at|moment }}|{{ at|day }}')
    context = Context({"m": Money(25_000, "XAF"), "at": datetime(2026, 11, 21, 13, 30, tzinfo=UTC)})
    with translation.override("fr"):
        french = page.render(context).replace("\u202f", " ").replace("\xa0", " ")
    assert '<span class="money">25 000 FCFA</span>' in french
    assert "19,06 €" in french
    assert "21 novembre 2026, 14 h 30" in french
    with translation.override("en"):
        assert "21 November 2026, 14:30" in page.render(context)


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "1 KB"), (64_400, "64 KB"), (999_499, "999 KB"), (999_500, "1 MB"), (1_440_000, "1.4 MB"), (None, "")],
)
def test_file_sizes_are_in_thousands(size: int | None, words: str) -> None:
    with translation.override("en"):
        assert Template("{% load ui %}{{ size|file_size }}").render(Context({"size": size})) == words


def test_a_deadline_says_whose_time_it_is() -> None:
    with translation.override("en"):
        page = Template("{% load ui %}{{ at|moment_and_zone }}")
        assert page.render(Context({"at": datetime(2026, 11, 21, 13, 30, tzinfo=UTC)})) == (
            "21 November 2026, 14:30 (Douala time)"
        )


def test_charts_draw_their_figures_and_keep_them_in_a_table() -> None:
    series = [charts.Series("A <i>", [1, 2, 24]), charts.Series("B", [0, 5, 8])]
    chart = charts.stacked("Title", ["x", "<i>y", "z"], series, format=lambda value: f"<i>{value}")
    assert chart.rows[2] == ("z", ["<i>24", "<i>8"])
    html = render_to_string("components/chart.html", {"chart": chart})
    assert "A &lt;i&gt;" in html
    assert "<i>" not in html
    assert html.count("<svg") == 5
    with pytest.raises(ValueError, match="values for"):
        charts.line("Title", ["x"], series)


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 4), (3, 4), (7, 8), (9, 12), (24, 24), (31, 32), (2140, 2400), (0.7, 0.8)]
)
def test_the_scale_of_a_chart_is_round(highest: float, top: float) -> None:
    assert charts.nice_top(highest) == top


@pytest.mark.parametrize(
    "name", ["400", "403", "404", "403_csrf", "500", "errors/405", "errors/offline", "errors/maintenance"]
)
def test_error_pages_render_without_any_context(name: str) -> None:
    html = engines["django"].get_template(f"{name}.html").render({})
    assert "<h1>" in html
    assert "</html>" in html


@pytest.mark.parametrize(
    ("account", "shown"),
    [("CM2110005000010123456789018", "CM21 1000 5000 0101 2345 6789 018"), ("10005 00001 0123", "10005 00001 0123"),
     ("", ""), (None, "")],
)  # fmt: skip
def test_an_iban_is_read_in_fours_and_other_accounts_as_they_are(account: str | None, shown: str) -> None:
    assert in_fours(account) == shown
