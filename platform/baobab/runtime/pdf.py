"""The system libraries with which WeasyPrint makes PDFs: found, or installed where that can be done."""

from __future__ import annotations

import ctypes

from baobab.runtime import debian
from baobab.runtime.output import say
from baobab.runtime.problems import RuntimeProblem

# What WeasyPrint loads (weasyprint/text/ffi.py), and the packages of Debian and Ubuntu that bring it all.
_LIBRARIES = (
    "libgobject-2.0.so.0", "libpango-1.0.so.0", "libpangoft2-1.0.so.0",
    "libharfbuzz.so.0", "libharfbuzz-subset.so.0", "libfontconfig.so.1",
)  # fmt: skip
_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
_COMMAND = f"apt-get install {' '.join(_PACKAGES)}"


def offer_pdf_libraries() -> None:
    """Install the libraries if they are missing; where that cannot be done, say how. Only PDFs wait for them."""
    if not _available():
        say(f"  PDFs wait until WeasyPrint's system libraries are there: {_COMMAND}")


def pdf_variables() -> dict[str, str]:
    """Return nothing when PDFs can be made, after installing the libraries if need be, else `BAOBAB_NO_PDF=1`.

    Raises:
        RuntimeProblem: the libraries are missing and `CI` is true, where no test may be left out.
    """
    if _available():
        return {}
    if debian.must_not_be_missing():
        raise RuntimeProblem(f"WeasyPrint's system libraries are missing, and CI is true: {_COMMAND}")
    say(f"*** NO PDF: WeasyPrint's system libraries are missing, so the PDF tests are LEFT OUT ({_COMMAND}). ***")
    return {"BAOBAB_NO_PDF": "1"}


def _available() -> bool:
    return _found() or (debian.install(*_PACKAGES, purpose="invoices as PDF") and _found())


def _found() -> bool:
    try:
        for name in _LIBRARIES:
            ctypes.CDLL(name)
    except OSError:
        return False
    return True
