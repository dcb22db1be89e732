"""Documents as PDF/A-3b: archivable, complete in themselves, and the same bytes each time."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest
from django.test import override_settings
from PIL import ImageFile

from shared_apps.documents import render
from shared_apps.documents.document import Party
from shared_apps.documents.render import PdfUnavailable, render_html, render_pdf
from shared_apps.documents.tests.support import CERTIFIED, credit_note, invoice, lines, paid, untaxed, xaf
from tests.support.databases import ROOT
from tests.support.pdf import NEEDS_PDF, page_texts
from tests.support.threads import at_once

pytestmark = NEEDS_PDF


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(pdf))


def fonts_of(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    return [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font"]


def test_it_says_it_is_pdf_a_3b_and_carries_the_colours_that_this_asks_for() -> None:
    pdf = opened(render_pdf(invoice(fiscal=CERTIFIED)))
    assert pdf.open_metadata().pdfa_status == "3B"
    assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
    assert "/DestOutputProfile" in pdf.Root.OutputIntents[0]
    assert "/ID" in pdf.trailer
    assert not pdf.is_encrypted


@pytest.mark.parametrize("document", [invoice(fiscal=CERTIFIED), credit_note(), untaxed(60_000, lines=lines(60))])
def test_every_font_is_embedded(document) -> None:
    pdf = opened(render_pdf(document))
    described = [font.FontDescriptor for font in fonts_of(pdf) if "/FontDescriptor" in font]
    assert len(described) >= 2
    assert all("/FontFile2" in descriptor or "/FontFile3" in descriptor for descriptor in described)
    assert {str(descriptor.FontName).split("+")[1] for descriptor in described} == {"Document", "Document-Semi-Bold"}


def test_letters_that_our_font_lacks_are_embedded_too() -> None:
    pdf = opened(render_pdf(invoice(customer=Party(name="شركة النخيل"))))
    described = [font.FontDescriptor for font in fonts_of(pdf) if "/FontDescriptor" in font]
    assert all("/FontFile2" in descriptor or "/FontFile3" in descriptor for descriptor in described)


def test_amounts_keep_their_narrow_and_no_break_spaces() -> None:
    [text] = page_texts(render_pdf(invoice()))
    assert "Total TTC 25\u202f000\u00a0FCFA" in text
    assert "TVA 19,25\u202f% 4\u202f036\u00a0FCFA" in text
    assert "à la somme de\u00a0: vingt-cinq mille francs CFA" in text


def test_our_fonts_have_every_space_and_sign_that_documents_use() -> None:
    from fontTools.ttLib import TTFont

    for path in (ROOT / "shared_apps/documents/fonts").glob("*.woff2"):
        assert set(map(ord, "\u00a0\u202f\u2212–’«»€éÉçŋɓ")) <= set(TTFont(path).getBestCmap()), path.name


def test_title_author_and_language_are_the_document_s() -> None:
    pdf = opened(render_pdf(credit_note()))
    assert pdf.docinfo["/Title"] == "Credit note CN-2026-000007"
    assert pdf.docinfo["/Author"] == "Société Exemple SA"
    assert pdf.docinfo["/CreationDate"] == "D:20261121"
    assert pdf.Root.Lang == "en"
    assert pdf.Root.MarkInfo.Marked


def test_the_same_document_gives_the_same_bytes_here_and_in_another_process() -> None:
    first = render_pdf(invoice(fiscal=CERTIFIED))
    assert render_pdf(invoice(fiscal=CERTIFIED)) == first
    assert render_pdf(invoice(number="FAC-2026-000124", fiscal=CERTIFIED)) != first
    code = (
        "import django, hashlib; django.setup();"
        "from shared_apps.documents.render import render_pdf;"
        "from shared_apps.documents.tests.support import *;"
        "render_pdf(credit_note());"
        "print(hashlib.sha256(render_pdf(invoice(fiscal=CERTIFIED))).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": "1"}, cwd=ROOT,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert other.stdout.strip() == hashlib.sha256(first).hexdigest()


def test_a_long_table_repeats_its_header_and_the_sums_stay_together() -> None:
    """Whatever the number of lines, the last page has a line, and all of the sums with the words."""
    for count in range(5, 17):
        pages = page_texts(render_pdf(untaxed(count * 1_000, lines=lines(count), settlements=(paid(xaf(1_000)),))))
        assert all("Désignation" in page for page in pages), count
        assert re.search(rf"Ligne {count}\b[\s\S]*Total[\s\S]*Reste à payer[\s\S]*Arrêtée", pages[-1]), count
        assert [f"Page {number} sur {len(pages)}" in page for number, page in enumerate(pages, 1)] == [True] * len(
            pages
        )


def test_no_line_is_lost_or_cut_between_pages() -> None:
    pages = page_texts(render_pdf(untaxed(60_000, lines=lines(60))))
    assert len(pages) > 2
    for number in range(1, 61):
        assert len(re.findall(rf"Ligne {number}\n\s*novembre 2026\n", "\n".join(pages))) == 1, number


def test_a_very_long_name_stays_on_the_page() -> None:
    name = "Coopérative " * 40 + "x" * 300
    text = "\n".join(page_texts(render_pdf(invoice(customer=Party(name=name, address=("Quartier " * 30,))))))
    assert text.count("Coopérative") == 40
    broken = [len(part) for part in re.findall("x{2,}", text)]
    assert sum(broken) == 300
    assert max(broken) < 60  # what fits into the column


def test_nothing_is_fetched_from_anywhere(monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a document reached for the network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert render_pdf(invoice())
    fetcher = render._only({"document:logo": b"<svg/>"}, render._press().weasyprint)
    assert fetcher("document:logo")
    for address in (
        "http://127.0.0.1/x.png",
        "https://example.com/",
        "file:///etc/passwd",
        "data:text/css,x",
        "document:x",
    ):
        with pytest.raises(ValueError, match="fetch nothing"):
            fetcher(address)


class Press:
    """Counts how many threads are at it at the same time."""

    def __init__(self) -> None:
        self.now = self.most = 0

    def print(self, html: str, logo: bytes) -> bytes:
        self.now += 1
        self.most = max(self.most, self.now)
        time.sleep(0.05)
        self.now -= 1
        return html.encode()


def test_threads_take_turns_because_pango_is_not_safe_between_them(monkeypatch) -> None:
    for turn, most in ((render._TURN, 1), (nullcontext(), 4)):  # without the lock, they would all be inside
        press = Press()
        monkeypatch.setattr(render, "_press", lambda press=press: press)
        monkeypatch.setattr(render, "_TURN", turn)
        results = at_once(4, lambda _: render_pdf(invoice()))
        assert all(b"Facture" in result for result in results)
        assert press.most == most


@pytest.fixture
def new_press():
    """What is kept for the process is made anew, and once more afterwards."""
    render._press.cache_clear()
    yield
    render._press.cache_clear()


def test_without_the_system_libraries_only_pdfs_wait(new_press, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # importing it fails, as without Pango
    monkeypatch.setattr("builtins.__import__", _without_pango(__import__))
    with pytest.raises(PdfUnavailable, match="libpango"):
        render_pdf(invoice())
    assert "Facture" in render_html(invoice())
    monkeypatch.undo()
    assert render_pdf(invoice()).startswith(b"%PDF-1.7")  # the next try finds them


def _without_pango(original):
    def import_(name: str, *arguments: object, **options: object):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return original(name, *arguments, **options)

    return import_


def test_a_logo_that_is_missing_stops_the_document_instead_of_being_left_out(new_press, tmp_path) -> None:
    with override_settings(DOCUMENT_LOGO=str(tmp_path / "none.svg")), pytest.raises(PdfUnavailable, match=r"none\.svg"):
        render_pdf(invoice())


def test_nothing_of_a_pdf_is_loaded_before_one_is_made() -> None:
    code = (
        "import django; django.setup(); import shared_apps.documents.render, sys; sys.exit('weasyprint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], env=os.environ, cwd=ROOT, check=False).returncode == 0


def test_a_note_changes_the_document() -> None:
    assert render_pdf(replace(invoice(), notes=("Merci.",))) != render_pdf(invoice())


def test_drawing_has_nobody_take_half_a_picture_for_a_whole_one() -> None:
    render_pdf(invoice())
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
