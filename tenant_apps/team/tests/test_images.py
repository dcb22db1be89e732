"""What comes in as a photo, and what is kept of it."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from tenant_apps.team import images
from tenant_apps.team.images import BadImage, ProcessedImage, process_image
from tenant_apps.team.tests.support import photo_bytes

RED = (200, 30, 30)


def process(content: bytes) -> ProcessedImage:
    return process_image(BytesIO(content), size=len(content), field="photo")


def opened(processed: ProcessedImage, width: int, extension: str) -> Image.Image:
    [rendition] = [r for r in processed.renditions if (r.width, r.extension) == (width, extension)]
    return Image.open(BytesIO(rendition.content))


def bomb_png(width: int, height: int) -> bytes:
    """A PNG whose header promises a huge picture and whose data is a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def test_a_large_photo_gets_three_widths_in_two_formats() -> None:
    processed = process(photo_bytes((3000, 2000)))
    made = {(r.width, r.extension) for r in processed.renditions}
    assert made == {(w, e) for w in (320, 640, 1280) for e in ("webp", "jpg")}
    assert (processed.width, processed.height) == (1280, 853)
    assert opened(processed, 640, "webp").size == (640, 426)
    assert processed.size == sum(len(r.content) for r in processed.renditions)


def test_a_small_photo_is_never_enlarged() -> None:
    processed = process(photo_bytes((500, 400)))
    assert {r.width for r in processed.renditions} == {320, 500}


def test_nothing_but_the_pixels_stays() -> None:
    exif = Image.Exif()
    exif[0x010E] = "chez moi"  # ImageDescription
    exif.get_ifd(0x8825)[2] = (4.0, 3.0, 4.0)  # GPSLatitude
    content = photo_bytes((800, 600), exif=exif.tobytes(), comment=b"secret") + b"<script>alert(1)</script>"
    processed = process(content)
    for rendition in processed.renditions:
        result = Image.open(BytesIO(rendition.content))
        assert not result.getexif()
        assert "icc_profile" not in result.info
        assert b"chez moi" not in rendition.content
        assert b"secret" not in rendition.content
        assert b"script" not in rendition.content


def test_a_photo_taken_upright_stays_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    processed = process(photo_bytes((800, 400), exif=exif.tobytes()))
    assert (processed.width, processed.height) == (400, 800)


def test_transparency_becomes_white() -> None:
    buffer = BytesIO()
    Image.new("RGBA", (100, 100), (200, 30, 30, 0)).save(buffer, "PNG")
    processed = process(buffer.getvalue())
    assert opened(processed, 100, "jpg").getpixel((50, 50)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "I;16", "1", "LA"])
def test_every_kind_of_pixel_is_understood(mode: str) -> None:
    buffer = BytesIO()
    Image.new(mode, (100, 100)).save(buffer, "JPEG" if mode == "CMYK" else "PNG")
    assert process(buffer.getvalue()).width == 100


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "image_empty"),
        (b"not a photo", "image_unreadable"),
        (b"%PDF-1.4 something", "image_unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_unreadable"),
        (photo_bytes(kind="GIF"), "image_unreadable"),
        (photo_bytes((800, 600))[:900], "image_unreadable"),
        (photo_bytes((39, 400)), "image_too_small"),
        (bomb_png(50_000, 50_000), "image_too_large"),
        (bomb_png(10_000, 6_000), "image_too_large"),
        (bomb_png(300, 300), "image_unreadable"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_reason(content: bytes, code: str) -> None:
    with pytest.raises(BadImage) as caught:
        process(content)
    assert caught.value.code == code
    assert caught.value.field == "photo"
    assert str(caught.value)


def test_a_file_that_is_too_big_is_not_even_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images.Image, "open", lambda *_, **__: pytest.fail("opened"))
    with pytest.raises(BadImage) as caught:
        process_image(BytesIO(b"x"), size=images.MAX_BYTES + 1)
    assert caught.value.code == "image_too_big"
