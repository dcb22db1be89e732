"""The tests that make PDFs."""

from __future__ import annotations

import os
from io import BytesIO

import pytest
from pypdf import PdfReader

NEEDS_PDF = pytest.mark.skipif(
    bool(os.environ.get("BAOBAB_NO_PDF")) and not os.environ.get("CI"),
    reason="WeasyPrint's system libraries are not here",
)


def page_texts(pdf: bytes) -> list[str]:
    """The text of each page, as a reader would copy it, with its own spaces."""
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
