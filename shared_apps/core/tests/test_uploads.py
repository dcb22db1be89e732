"""A receipt is rewritten before it is kept; whatever else the file held is gone, or the file is refused.

Failure cases (docs/failure-cases.md): Case 16.
"""

from __future__ import annotations

import io
import zipfile

import pikepdf
import pytest
from PIL import Image

from shared_apps.core.uploads import MAX_BYTES, BadUpload, scrub


def image(kind: str = "PNG", size: tuple[int, int] = (600, 800), **save: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind, **save)
    return out.getvalue()


def pdf(pages: int = 1, **save: object) -> bytes:
    document, out = pikepdf.new(), io.BytesIO()
    for _ in range(pages):
        document.add_blank_page()
    document.save(out, **save)
    return out.getvalue()


def pdf_with(change) -> bytes:
    document, out = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    change(document)
    document.save(out)
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.html", "<script>alert(1)</script>")
    return out.getvalue()


def bomb() -> bytes:
    """A small file that unpacks to 900 million pixels."""
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_photos_become_plain_jpegs(kind) -> None:
    kept = scrub(image(kind))
    assert kept.content_type == "image/jpeg"
    with Image.open(io.BytesIO(kept.content)) as result:
        assert result.format == "JPEG"
        assert result.size == (600, 800)


@pytest.mark.parametrize("payload", [b"<script>alert(document.cookie)</script>", zipped(), b"%PDF-1.7 <evil>"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_what_hides_behind_a_photo_is_dropped(kind, payload) -> None:
    kept = scrub(image(kind) + payload)
    assert payload not in kept.content
    assert b"script" not in kept.content


def test_the_place_where_a_photo_was_taken_is_forgotten() -> None:
    exif = Image.Exif()
    exif[0x010F] = "camera-maker"
    exif.get_ifd(0x8825)[1] = "N"
    source = image("JPEG", exif=exif)
    assert b"camera-maker" in source
    assert b"camera-maker" not in scrub(source).content


def test_transparent_parts_become_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(scrub(out.getvalue()).content)) as result:
        assert result.getpixel((5, 5)) == (255, 255, 255)


def test_a_plain_pdf_is_kept() -> None:
    kept = scrub(pdf(pages=2))
    assert kept.content_type == "application/pdf"
    with pikepdf.open(io.BytesIO(kept.content)) as result:
        assert len(result.pages) == 2


def open_action(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def attached_file(document: pikepdf.Pdf) -> None:
    document.attachments["evil.exe"] = b"MZ"


def launch(document: pikepdf.Pdf) -> None:
    document.pages[0].Annots = pikepdf.Array(
        [pikepdf.Dictionary(Type=pikepdf.Name.Annot, A=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe"))]
    )


def page_action(document: pikepdf.Pdf) -> None:
    document.pages[0].AA = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name("/JavaScript"), JS="x"))


@pytest.mark.parametrize("change", [open_action, attached_file, launch, page_action])
def test_a_pdf_that_acts_is_refused(change) -> None:
    with pytest.raises(BadUpload) as refusal:
        scrub(pdf_with(change))
    assert refusal.value.code == "active_content"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"x" * (MAX_BYTES + 1), "too_big"),
        (b"hello", "not_a_receipt"),
        (b"<html><script>1</script></html>", "not_a_receipt"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_receipt"),
        (b"GIF89a" + b"/*" + b"\0" * 20 + b"*/=1;alert(1)", "not_a_receipt"),
        (b"MZ\x90\x00" + b"\0" * 200, "not_a_receipt"),
        (image("PNG")[:200], "damaged"),
        (b"%PDF-1.7\nnothing more", "damaged"),
        (bomb(), "too_many_pixels"),
        (pdf(encryption=pikepdf.Encryption(user="x", owner="y")), "encrypted"),
        (pdf(encryption=pikepdf.Encryption(user="", owner="y")), "encrypted"),
        (pdf(pages=500), "too_many_pages"),
    ],
)
def test_what_is_not_a_receipt_is_refused_with_its_reason(content, code) -> None:
    with pytest.raises(BadUpload) as refusal:
        scrub(content)
    assert refusal.value.code == code


@pytest.mark.parametrize(("old", "new"), [(b"/Count 1", b"/Count 99999999999999999999"), (b"/Kids", b"/Kidz")])
def test_a_damaged_pdf_is_refused_whatever_breaks_in_it(old: bytes, new: bytes) -> None:
    plain = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.save(plain, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    content = plain.getvalue()
    assert old in content
    with pytest.raises(BadUpload, match="damaged"):
        scrub(content.replace(old, new))
