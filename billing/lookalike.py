"""Whether two pictures of receipts are one picture, after it was scaled, compressed, lightened or cropped a little.

Receipts look alike by nature: all screenshots of one bank's app share all but a few characters. No difference hash tells
them apart, whatever its resolution: at 16x16, other receipts of one template are 0 to 13 of 256 bits away, the same one
rescaled or recompressed 0 to 15. So there are two looks. The first, a hash that a database can compare, finds what is
worth the second. The second lays two pictures upon each other and finds the place where they differ most: another date
or reference leaves a mark there, compression does not. `billing/tests/receipts.py` draws what this was measured with.
"""

from __future__ import annotations

import io
from typing import TypeAlias

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

SIDE = 16
BITS = SIDE * SIDE
# Up to so many bits apart, pictures are worth comparing. The same picture stays within 53, with up to 3 % cut off a side;
# other photographs are 28 to 178 away.
NEAR = 56

# Levels of 256. The same picture differs by 0 to 47 where it does most, the same payer's next receipt by 86 and more.
SAME = 66
MAX_CROP = 0.04  # of a side
_LONGEST = 1200  # pixels of the longer side, enough for the characters of an A4 page
_TILE = 8  # pixels, about a character
# Pixels of the longer side, and steps in parts of a side.
_SEARCHES = ((240, (0.02, 0.01, 0.005)), (600, (0.0025, 0.00125, 0.0006)))

Box: TypeAlias = tuple[float, ...]  # left, top, right, bottom, in parts of a side


def fingerprint(picture: bytes) -> bytes:
    """256 bits as 32 bytes: whether each of 16x16 areas is darker than the one to its right (a difference hash).

    For pictures that `shared_apps.core.uploads.scrub` wrote; raises what Pillow raises over others.
    """
    areas = _grey(picture).resize((SIDE + 1, SIDE), Image.Resampling.BOX).tobytes()
    rows = (areas[start : start + SIDE + 1] for start in range(0, len(areas), SIDE + 1))
    bits = "".join("1" if row[at + 1] > row[at] else "0" for row in rows for at in range(SIDE))
    return int(bits, 2).to_bytes(BITS // 8)


def same_picture(one: bytes, other: bytes) -> bool:
    """Whether two files show one picture. Takes some tenths of a second: for the few that are near, not in a request."""
    return difference(one, other) <= SAME


def difference(one: bytes, other: bytes) -> int:
    """How much two pictures differ where they differ most, in levels of 256, once laid upon each other."""
    first, second = _grey(one), _grey(other)
    shape = first.width * second.height / (first.height * second.width)
    if not 1 - 2 * MAX_CROP < shape < 1 / (1 - 2 * MAX_CROP):
        return 255
    return min(_most(first, second), _most(second, first))


def _most(whole: Image.Image, part: Image.Image) -> int:
    """The most that any place differs, `part` being all of a picture of which `whole` may show a little less."""
    longest = min(max(whole.size), max(part.size), _LONGEST)
    left, top, right, bottom = _cut_off(whole, part)
    kept = part.crop(
        (
            round(left * part.width),
            round(top * part.height),
            round((1 - right) * part.width),
            round((1 - bottom) * part.height),
        )
    )
    marks = ImageChops.difference(_small(whole, longest, whole), _small(kept, longest, whole))
    tiles = marks.resize((max(1, marks.width // _TILE), max(1, marks.height // _TILE)), Image.Resampling.BOX)
    return max(tiles.tobytes())


def _cut_off(cropped: Image.Image, full: Image.Image) -> Box:
    """What was cut off `full` to give `cropped`: the best found in smaller and smaller steps."""
    box: Box = (0.0, 0.0, 0.0, 0.0)
    for longest, steps in _SEARCHES:
        target, source = _small(cropped, longest, cropped), _small(full, max(longest, 480), cropped)
        best = _apart(target, source, box)
        for step in steps:
            improved = True
            while improved:
                improved = False
                for candidate in _around(box, step):
                    apart = _apart(target, source, candidate)
                    if apart < best:
                        best, box, improved = apart, candidate, True
    return box


def _around(box: Box, step: float) -> list[Box]:
    """The boxes that differ from this one by a step at one side."""
    moved = ((side, box[side] + move) for side in range(4) for move in (step, -step))
    return [(*box[:side], value, *box[side + 1 :]) for side, value in moved if 0 <= value <= MAX_CROP]


def _apart(target: Image.Image, source: Image.Image, box: Box) -> float:
    """How far apart two small pictures are on average, once `source` is cut by the box."""
    left, top, right, bottom = box
    extent = (left * source.width, top * source.height, (1 - right) * source.width, (1 - bottom) * source.height)
    cut = source.transform(target.size, Image.Transform.EXTENT, extent, Image.Resampling.BILINEAR)
    return ImageStat.Stat(ImageChops.difference(target, cut)).mean[0]


def _small(picture: Image.Image, longest: int, shape: Image.Image) -> Image.Image:
    """A picture in the shape of another, so many pixels long, brightness evened out and edges softened."""
    scale = longest / max(shape.size)
    size = max(1, round(shape.width * scale)), max(1, round(shape.height * scale))
    method = Image.Resampling.BOX if picture.width > size[0] else Image.Resampling.BICUBIC
    even = ImageOps.autocontrast(picture.resize(size, method), cutoff=(2, 2))
    return even.filter(ImageFilter.BoxBlur(1))


def _grey(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture)).convert("L")
