"""Photos as people send them, made into photos a phone on a slow link can load. Pure: bytes in, bytes out.

Everything but the pixels is left behind (EXIF, GPS position, comments, colour profiles, whatever was appended).
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

from shared_apps.core.errors import DomainError
from shared_apps.core.uploads import flatten

MAX_BYTES = 15_000_000
# Phones take 50 megapixels today; decoded to RGB that is 150 MB for a moment, and JPEGs are decoded smaller.
MAX_PIXELS = 50_000_000
MIN_SIDE = 40
WIDTHS = (320, 640, 1280)
INPUT_FORMATS = ("JPEG", "PNG", "WEBP")
# Extension, Pillow's name, options.
OUTPUT_FORMATS = (
    ("webp", "WEBP", {"quality": 78, "method": 4}),
    ("jpg", "JPEG", {"quality": 80, "optimize": True, "progressive": True}),
)


class BadImage(DomainError):
    """The file is not a photo that can be shown."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """One size of a photo in one format, as a file."""

    width: int
    extension: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ProcessedImage:
    """The sizes of one photo; `width` and `height` are those of the largest, in pixels."""

    width: int
    height: int
    renditions: tuple[Rendition, ...]

    @property
    def size(self) -> int:
        """All files together, in bytes."""
        return sum(len(rendition.content) for rendition in self.renditions)


def process_image(file: IO[bytes], *, size: int, field: str = "") -> ProcessedImage:
    """Check a photo of `size` bytes and make every rendition of it; raises BadImage with what to do."""
    if size == 0:
        raise BadImage("image_empty", _("This file is empty. Choose the photo again."), field=field)
    if size > MAX_BYTES:
        message = _("This photo is larger than %(limit)s MB. Choose a smaller one.") % {"limit": MAX_BYTES // 10**6}
        raise BadImage("image_too_big", message, field=field)
    try:
        picture = _decode(file, field=field)
        return _render(picture)
    except BadImage:
        raise
    except Image.DecompressionBombError:
        raise _too_large(field) from None
    except Exception:  # Pillow raises whatever its decoders happen to meet in a broken file
        message = _("This file cannot be read as a photo. Send a JPEG, PNG or WebP image.")
        raise BadImage("image_unreadable", message, field=field) from None


def _too_large(field: str) -> BadImage:
    message = _("This photo has more than %(limit)s megapixels. Choose a smaller one.")
    return BadImage("image_too_large", message % {"limit": MAX_PIXELS // 10**6}, field=field)


def _decode(file: IO[bytes], *, field: str) -> Image.Image:
    file.seek(0)
    with Image.open(file, formats=INPUT_FORMATS) as source:
        width, height = source.size
        # The header alone tells the size: a decompression bomb is refused before it is decoded.
        if width * height > MAX_PIXELS:
            raise _too_large(field)
        if min(width, height) < MIN_SIDE:
            message = _("This photo is too small. It needs at least %(side)s pixels on each side.")
            raise BadImage("image_too_small", message % {"side": MIN_SIDE}, field=field)
        profile = source.info.get("icc_profile")
        # Lets the JPEG decoder work at a half, quarter or eighth of the size where that is enough.
        source.draft("RGB", (WIDTHS[-1], WIDTHS[-1]))
        upright = ImageOps.exif_transpose(source)
        upright.load()
    return flatten(_to_srgb(upright, profile))


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as the web expects them. A profile that cannot be used is ignored."""
    if not profile or picture.mode not in ("RGB", "CMYK"):
        return picture
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return converted or picture


def _render(picture: Image.Image) -> ProcessedImage:
    largest = picture
    if picture.width > WIDTHS[-1]:
        largest = _scaled(picture, WIDTHS[-1])
    widths = [width for width in WIDTHS if width < largest.width] + [largest.width]
    renditions = []
    for width in widths:
        scaled = _scaled(largest, width) if width != largest.width else largest
        renditions += [_encode(scaled, *output) for output in OUTPUT_FORMATS]
    return ProcessedImage(width=largest.width, height=largest.height, renditions=tuple(renditions))


def _scaled(picture: Image.Image, width: int) -> Image.Image:
    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _encode(picture: Image.Image, extension: str, name: str, options: dict[str, int | bool]) -> Rendition:
    buffer = BytesIO()
    picture.save(buffer, name, **options)
    return Rendition(width=picture.width, extension=extension, content=buffer.getvalue())
