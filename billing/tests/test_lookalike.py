"""A receipt sent twice is found again, and another receipt of the same bank is not taken for it."""

from __future__ import annotations

from random import Random

import pytest
from PIL import Image

from billing.lookalike import BITS, NEAR, SAME, difference, fingerprint, same_picture
from billing.tests.receipts import SENT_ON, advice, details, jpeg, next_month, photograph, screenshot, slip

TEMPLATES = [screenshot, advice, slip]


def distance(one: bytes, other: bytes) -> int:
    """In how many bits two fingerprints differ, as `billing.services.receipts` has the database count them."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


@pytest.mark.parametrize("how", SENT_ON)
@pytest.mark.parametrize("photographed", [False, True])
def test_the_same_receipt_is_found_again(how, photographed) -> None:
    chance = Random(11)
    picture = photograph(slip(details(chance)), chance) if photographed else advice(details(chance))
    sent, again = jpeg(picture), SENT_ON[how](picture)
    assert distance(fingerprint(sent), fingerprint(again)) <= NEAR
    assert same_picture(sent, again)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("how", [None, "by a messenger", "cropped a little"])
def test_the_next_receipt_of_the_same_payer_is_another_one(template, how) -> None:
    chance = Random(12)
    paid = details(chance)
    first, then = template(paid), template(next_month(paid, chance))
    other = SENT_ON[how](then) if how else jpeg(then)
    # The hash alone would take it for the same: that is what the second look is for.
    assert distance(fingerprint(jpeg(first)), fingerprint(other)) <= NEAR
    assert not same_picture(jpeg(first), other)
    assert difference(jpeg(first), other) > SAME + 10


def test_two_photographs_of_one_receipt_are_two_pictures() -> None:
    chance = Random(13)
    receipt = slip(details(chance))
    one, other = (jpeg(photograph(receipt, chance)) for _ in range(2))
    assert not same_picture(one, other)


def test_a_fingerprint_is_32_bytes() -> None:
    assert len(fingerprint(jpeg(screenshot(details(Random(1)))))) == BITS // 8


@pytest.mark.parametrize("size", [(1, 1), (2400, 3), (3, 2400), (17, 16)])
def test_the_oddest_pictures_can_be_compared(size) -> None:
    picture = jpeg(Image.new("RGB", size, "white"))
    assert distance(fingerprint(picture), fingerprint(picture)) == 0
    assert difference(picture, picture) == 0


def test_pictures_of_another_shape_are_other_pictures() -> None:
    wide, high = (jpeg(Image.new("RGB", size, "white")) for size in [(2400, 300), (300, 2400)])
    assert not same_picture(wide, high)
