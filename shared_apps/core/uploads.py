"""Making an uploaded paper (a receipt, an identity card) safe to keep and to look at (OWASP File Upload Cheat Sheet, ASVS 5.0 V5).

Magic bytes are not enough: polyglots pass them. Images are decoded and encoded anew, which drops whatever else the
file held; PDFs are searched for anything that acts, and written anew.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf
from PIL import Image, UnidentifiedImageError

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
MAX_SIDE = 2400  # pixels, enough to read small print
MAX_PAGES = 20
MAX_PDF_OBJECTS = 20_000
_ACTIVE = frozenset(
    [
        "/JS",
        "/JavaScript",
        "/OpenAction",
        "/AA",
        "/Launch",
        "/EmbeddedFile",
        "/EmbeddedFiles",
        "/RichMedia",
        "/XFA",
        "/SubmitForm",
        "/ImportData",
        "/GoToR",
        "/GoToE",
        "/Movie",
        "/Sound",
        "/3D",
    ]
)


class BadUpload(ValueError):
    """Why a file cannot be taken; `code`: empty, too_big, not_a_receipt, too_many_pixels, damaged, encrypted,
    too_many_pages, active_content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """A paper that is safe to keep. `sha256` is of the file as it was uploaded, to find copies."""

    content: bytes
    content_type: str
    extension: str
    sha256: str


def scrub(content: bytes) -> Scrubbed:
    """Check and rewrite an uploaded file by what it is, not by its name; raises BadUpload."""
    if not content:
        raise BadUpload("empty")
    if len(content) > MAX_BYTES:
        raise BadUpload("too_big")
    sha256 = hashlib.sha256(content).hexdigest()
    if content.lstrip()[:5] == b"%PDF-":
        return Scrubbed(_scrub_pdf(content), "application/pdf", "pdf", sha256)
    return Scrubbed(_scrub_image(content), "image/jpeg", "jpg", sha256)


def _scrub_image(content: bytes) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP"))
            if image.width * image.height > MAX_PIXELS:
                raise BadUpload("too_many_pixels")
            image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadUpload("too_many_pixels") from None
    except UnidentifiedImageError:
        raise BadUpload("not_a_receipt") from None
    except BadUpload:
        raise
    except Exception:  # Pillow raises whatever its decoders happen to meet in a broken file
        raise BadUpload("damaged") from None
    flat = flatten(image)
    flat.thumbnail((MAX_SIDE, MAX_SIDE))
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()


def flatten(picture: Image.Image) -> Image.Image:
    """Plain RGB in a new image; transparency becomes white. A converted one would keep the metadata of its file."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        clean = Image.new("RGB", rgba.size, "white")
        clean.paste(rgba, mask=rgba.getchannel("A"))
        return clean
    rgb = picture.convert("RGB")
    clean = Image.new("RGB", rgb.size)
    clean.paste(rgb)
    return clean


def _scrub_pdf(content: bytes) -> bytes:
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            if pdf.is_encrypted:
                raise BadUpload("encrypted")
            if not 0 < len(pdf.pages) <= MAX_PAGES:
                raise BadUpload("too_many_pages" if len(pdf.pages) else "damaged")
            _check_passive(pdf)
            pdf.remove_unreferenced_resources()
            out = io.BytesIO()
            pdf.save(out, linearize=False)
            return out.getvalue()
    except pikepdf.PasswordError:
        raise BadUpload("encrypted") from None
    except BadUpload:
        raise
    except Exception:  # damaged files make qpdf and its binding raise almost anything: a number too large, a bad count
        raise BadUpload("damaged") from None


def _check_passive(pdf: pikepdf.Pdf) -> None:
    if len(pdf.objects) > MAX_PDF_OBJECTS:
        raise BadUpload("damaged")
    for thing in (pdf.trailer, *pdf.objects):
        for key in _keys(thing, depth=0):
            if key in _ACTIVE:
                raise BadUpload("active_content")


def _keys(thing: Any, *, depth: int) -> Iterator[str]:
    """Every dictionary key and name inside an object, without following references to other objects."""
    if depth > 30:
        raise BadUpload("damaged")
    if isinstance(thing, pikepdf.Name):
        yield str(thing)
    elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        for key, value in thing.items():
            yield key
            if not getattr(value, "is_indirect", False):
                yield from _keys(value, depth=depth + 1)
    elif isinstance(thing, pikepdf.Array):
        for value in thing:
            if not getattr(value, "is_indirect", False):
                yield from _keys(value, depth=depth + 1)
