"""What app.js and app.css do, in a real browser, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from tests.support.chromium import CHROMIUM, FLAGS, MARKS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = MARKS
FIELD = """<div class="field field-invalid"><label class="label" for="id_{name}">{name}</label>
    <div class="field-error" id="id_{name}_error">Wrong</div>
    <input id="id_{name}" name="{name}" aria-invalid="true" aria-describedby="id_{name}_hint id_{name}_error"></div>"""


@pytest.fixture(autouse=True)
def _clean_state() -> None:
    """Takes the place of the suite's fixture of this name: nothing here touches a database."""


@pytest.fixture
def page() -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 360, "height": 740})
        yield page
        browser.close()


def show(page: Page, body: str) -> None:
    static = Path(settings.BASE_DIR, "static")
    page.set_content(f'<!doctype html><html lang="fr"><body>{body}</body></html>')
    page.add_style_tag(path=static / "css/app.css")
    page.add_script_tag(path=static / "js/app.js")


def test_an_error_is_not_said_of_a_field_that_was_changed_since(page: Page) -> None:
    errors = "".join(f'<li><a href="#id_{name}">{name}: Wrong</a></li>' for name in ("one", "two"))
    fields = "".join(FIELD.format(name=name) for name in ("one", "two"))
    show(page, f'<div class="error-summary" tabindex="-1"><ul>{errors}</ul></div><form>{fields}</form>')
    place = page.locator("#id_one").bounding_box()
    page.fill("#id_one", "x")
    assert not page.locator("#id_one_error").is_visible()
    assert page.locator("#id_two_error").is_visible()
    assert page.locator("[aria-invalid]").evaluate_all("fields => fields.map(field => field.id)") == ["id_two"]
    assert page.locator("#id_one").get_attribute("aria-describedby") == "id_one_hint"
    assert page.locator(".error-summary .changed").all_inner_texts() == ["one: Wrong"]
    assert page.locator("#id_one").bounding_box() == place  # nothing jumps under the finger


@pytest.mark.parametrize("frame", ["", '<nav class="bottombar"><a class="bottombar-item" href="#">Menu</a></nav>'])
def test_a_focused_field_is_never_behind_what_sticks_to_the_edges(page: Page, frame: str) -> None:
    fields = "".join(f'<div class="field"><label>{n}<input id="field-{n}"></label></div>' for n in range(20))
    form = f'<form class="form">{fields}<div class="sticky-action"><button class="button">Go</button></div></form>'
    show(page, f'<div class="{"workspace" if frame else ""}">{form}</div>{frame}')
    for key in ["Tab"] * 20 + ["Shift+Tab"] * 19:
        page.keyboard.press(key)
        field = page.locator(":focus").bounding_box()
        bar = page.locator(".sticky-action").bounding_box()
        assert field
        assert bar
        assert field["y"] >= 0
        assert field["y"] + field["height"] <= bar["y"], key


@pytest.mark.parametrize(("size", "words"), [(64_000, "64\xa0Ko"), (1_440_000, "1,4\xa0Mo")])
def test_a_chosen_file_shows_its_size(page: Page, size: int, words: str) -> None:
    show(
        page,
        '<div data-file-drop data-kb="Ko" data-mb="Mo"><input type="file"><div data-file-preview hidden></div></div>',
    )
    page.set_input_files("input", {"name": "recu.pdf", "mimeType": "application/pdf", "buffer": b"x" * size})
    assert page.locator("[data-file-preview]").inner_text() == f"recu.pdf · {words}"


def open_form(page: Page, owner: str, *, draft: str = "shop") -> None:
    """A form of somebody's, whose saved name is "Marché"; the pages of one site, so that the tab's storage works."""
    static = Path(settings.BASE_DIR, "static")
    body = f"""<!doctype html><meta charset="utf-8"><form method="post" action="/save/" data-draft="{draft}"
        data-draft-owner="{owner}"><div data-draft-note hidden>back <button type="button" data-draft-drop>drop</button></div>
        <input name="name" value="Marché"><input type="checkbox" name="consent" data-no-draft></form>
        <form method="post" action="/accounts/logout/"><button id="out">out</button></form>
        <script>{(static / "js/app.js").read_text()}</script>"""
    page.unroute_all()
    page.route("http://forms.test/**", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("http://forms.test/form/")


def name_in(page: Page) -> str:
    return page.input_value("[name=name]")


def type_and_leave(page: Page, owner: str) -> None:
    open_form(page, owner)
    page.fill("[name=name]", "Marché du soir")
    page.check("[name=consent]")
    page.goto("about:blank")


def test_what_was_typed_comes_back_with_a_word_and_can_be_discarded(page: Page) -> None:
    type_and_leave(page, "awa")
    open_form(page, "awa")
    assert name_in(page) == "Marché du soir"
    assert page.is_visible("[data-draft-note]")
    assert not page.is_checked("[name=consent]")
    page.click("[data-draft-drop]")
    assert (name_in(page), page.is_visible("[data-draft-note]")) == ("Marché", False)
    open_form(page, "awa")
    assert name_in(page) == "Marché"


def test_what_comes_back_or_is_discarded_is_told_to_the_server_where_it_reckons_with_it(page: Page) -> None:
    static = Path(settings.BASE_DIR, "static")
    htmx = static / "vendor/htmx/htmx.min.js"
    body = f"""<!doctype html><meta charset="utf-8"><script>{(static / "js/app.js").read_text()}</script>
        <script>{htmx.read_text()}</script><form data-draft="sums"><div data-draft-note hidden>back
        <button type="button" data-draft-drop>drop</button></div><div hx-post="/sums/" hx-trigger="change" hx-swap="none">
        <input type="radio" name="zone" value="1"><input type="radio" name="zone" value="2"></div></form>"""
    page.route("http://forms.test/**", lambda route: route.fulfill(body=body, content_type="text/html"))
    sums = "http://forms.test/sums/"
    page.goto("http://forms.test/form/")
    with page.expect_request(sums):
        page.check("[value='2']")
    page.goto("about:blank")
    with page.expect_request(sums):
        page.goto("http://forms.test/form/")
    assert page.is_checked("[value='2']")
    with page.expect_request(sums):
        page.click("[data-draft-drop]")
    assert not page.is_checked("[value='2']")


def test_what_somebody_typed_is_not_shown_to_who_comes_after_them(page: Page) -> None:
    type_and_leave(page, "awa")
    open_form(page, "binta")
    assert (name_in(page), page.is_visible("[data-draft-note]")) == ("Marché", False)
    open_form(page, "awa")
    assert name_in(page) == "Marché"


def test_logging_out_forgets_what_was_typed(page: Page) -> None:
    type_and_leave(page, "awa")
    open_form(page, "")
    page.click("#out")
    open_form(page, "awa")
    assert name_in(page) == "Marché"
