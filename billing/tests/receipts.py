"""Receipts as customers send them: drawn from a bank's template, photographed, and sent on."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Details:
    """What differs between two receipts of one template."""

    name: str
    amount: str
    order: str
    reference: str
    date: str


def details(chance: Random) -> Details:
    names = ("KAMGA JEAN PAUL", "NGONO MARIE", "DIALLO AISSATOU", "ETS FOTSO ET FILS", "KOUASSI YAO", "SOTRAFER SA")
    return Details(
        name=chance.choice(names),
        amount=chance.choice(("25 000", "50 000", "100 000", "250 000")),
        order="BA-" + "".join(chance.choices(ALPHABET, k=4)) + "-" + "".join(chance.choices(ALPHABET, k=4)),
        reference=f"FT{chance.randrange(10**8):08}",
        date=f"{chance.randrange(1, 29):02}/{chance.randrange(1, 13):02}/2026 {chance.randrange(24):02}:30",
    )


def next_month(paid: Details, chance: Random) -> Details:
    """The same customer's next payment of the same price."""
    other = details(chance)
    return replace(paid, order=other.order, reference=other.reference, date=other.date)


def screenshot(paid: Details) -> Image.Image:
    """A banking app's confirmation."""
    return _draw(
        paid, (1080, 1920), size=40, left=60, right=480, top=900, step=120, head="Palmiers Mobile", colour="#c85a14"
    )


def advice(paid: Details) -> Image.Image:
    """A bank's A4 advice, in small print."""
    return _draw(
        paid, (1240, 1754), size=30, left=100, right=520, top=470, step=80, head="BANQUE DES PALMIERS", colour="#0a3c82"
    )


def slip(paid: Details) -> Image.Image:
    """What a cash desk prints."""
    return _draw(
        paid, (600, 1100), size=30, left=25, right=220, top=420, step=60, head="CAISSE DU SAHEL", colour="#444444"
    )


def _draw(
    paid: Details,
    page: tuple[int, int],
    *,
    size: int,
    left: int,
    right: int,
    top: int,
    step: int,
    head: str,
    colour: str,
) -> Image.Image:
    picture = Image.new("RGB", page, "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, page[0], page[1] // 8), fill=colour)
    pen.text((left, page[1] // 18), head, font=ImageFont.load_default(size * 1.5), fill="white")
    pen.text((left, page[1] // 5), "Virement effectué", font=ImageFont.load_default(size * 1.4), fill="black")
    lines = (
        ("Montant", f"{paid.amount} FCFA"),
        ("Bénéficiaire", "BAOBAB SERVICES"),
        ("Payeur", paid.name),
        ("Motif", paid.order),
        ("Référence", paid.reference),
        ("Date", paid.date),
    )
    for at, (label, value) in enumerate(lines):
        pen.text((left, top + at * step), label, font=ImageFont.load_default(size), fill="#777777")
        pen.text((right, top + at * step), value, font=ImageFont.load_default(size), fill="black")
        pen.line(
            (left, top + at * step + step * 3 // 4, page[0] - left, top + at * step + step * 3 // 4),
            fill="#dddddd",
            width=2,
        )
    pen.ellipse(
        (page[0] * 6 // 10, page[1] * 82 // 100, page[0] * 8 // 10, page[1] * 93 // 100), outline=colour, width=6
    )
    return picture


def photograph(picture: Image.Image, chance: Random) -> Image.Image:
    """A receipt on a table: turned, unevenly lit, noisy."""
    table = Image.new("RGB", (1200, 1600), tuple(chance.randrange(60, 180) for _ in range(3)))
    scale = chance.uniform(0.75, 0.92) * min(1200 / picture.width, 1600 / picture.height)
    paper = picture.resize((int(picture.width * scale), int(picture.height * scale)))
    angle = chance.uniform(-6, 6)
    turned = paper.rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)
    mask = Image.new("L", paper.size, 255).rotate(angle, expand=True)
    place = (
        (1200 - turned.width) // 2 + chance.randrange(-50, 50),
        (1600 - turned.height) // 2 + chance.randrange(-50, 50),
    )
    table.paste(turned, place, mask)
    shade = ImageEnhance.Brightness(table).enhance(chance.uniform(0.5, 0.8))
    light = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270))).resize(table.size)
    noise = Image.frombytes("L", (300, 400), chance.randbytes(300 * 400)).resize(table.size).convert("RGB")
    return Image.blend(Image.composite(table, shade, light), noise, 0.06).filter(ImageFilter.GaussianBlur(0.8))


def jpeg(picture: Image.Image, quality: int = 85) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def crop(picture: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = picture.size
    return picture.crop((int(width * left), int(height * top), int(width * (1 - right)), int(height * (1 - bottom))))


def scaled(picture: Image.Image, by: float) -> Image.Image:
    return picture.resize((int(picture.width * by), int(picture.height * by)), Image.Resampling.BICUBIC)


SENT_ON: dict[str, Callable[[Image.Image], bytes]] = {
    "half the size": lambda picture: jpeg(scaled(picture, 0.5)),
    "a quarter of the size": lambda picture: jpeg(scaled(picture, 0.25)),
    "strongly compressed": lambda picture: jpeg(picture, 25),
    "by a messenger": lambda picture: jpeg(scaled(picture, 0.6), 45),
    "lighter": lambda picture: jpeg(ImageEnhance.Brightness(picture).enhance(1.2)),
    "darker": lambda picture: jpeg(ImageEnhance.Brightness(picture).enhance(0.75)),
    "without colours": lambda picture: jpeg(picture.convert("L")),
    "cropped a little": lambda picture: jpeg(crop(picture, 0.01, 0.01, 0.01, 0.01)),
    "cropped more": lambda picture: jpeg(crop(picture, 0.02, 0.02, 0.02, 0.02)),
    "cropped above": lambda picture: jpeg(crop(picture, 0, 0.03, 0, 0)),
    "cropped and by a messenger": lambda picture: jpeg(scaled(crop(picture, 0.02, 0.01, 0, 0.02), 0.6), 45),
}
