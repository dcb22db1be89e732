"""What people type, and what mobile money is sent."""

from __future__ import annotations

import pytest

from billing.providers import phones
from billing.providers.phones import InvalidPhone, normalise_msisdn


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("6 70 12 34 56", "CM", "237670123456"),
        ("+237 670-12-34-56", "CM", "237670123456"),
        ("(237) 670 123 456", "CM", "237670123456"),
        ("237670123456", "CM", "237670123456"),
        ("00237670123456", "CM", "237670123456"),
        ("  670\u00a012\u202f34 56 ", "CM", "237670123456"),
        ("07 07 07 07 07", "CI", "2250707070707"),
        ("2250707070707", "CI", "2250707070707"),
        ("+225 07 07 07 07 07", "CI", "2250707070707"),
        ("01 97 00 00 00", "BJ", "2290197000000"),
        ("٦٧٠١٢٣٤٥٦", "CM", "237670123456"),
    ],
)
def test_numbers(text: str, region: str, expected: str) -> None:
    assert normalise_msisdn(text, region=region) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", phones.EMPTY),
        ("   ", phones.EMPTY),
        ("bonjour", phones.NOT_A_NUMBER),
        ("670123456 ext 5", phones.NOT_A_NUMBER),
        ("670123456; rm", phones.NOT_A_NUMBER),
        ("6" * 60, phones.NOT_A_NUMBER),
        ("+", phones.NOT_A_NUMBER),
        ("67012", phones.TOO_SHORT),
        ("+237 670 12 34 56 78", phones.TOO_LONG),
        ("970123456", phones.NOT_IN_USE),
        ("+237 +670", phones.NOT_A_NUMBER),
        ("2 22 22 11 11", phones.NOT_MOBILE),
        ("+999 123 456 789", phones.NOT_A_NUMBER),
        ("+33 6 12 34 56 78", phones.OTHER_COUNTRY),
        ("+225 07 07 07 07 07", phones.OTHER_COUNTRY),
    ],
)
def test_no_numbers(text: str, reason: str) -> None:
    with pytest.raises(InvalidPhone) as invalid:
        normalise_msisdn(text, region="CM")
    assert invalid.value.reason == reason


@pytest.mark.parametrize("text", ["46733123450", "+46 733 12 34 50", "0046733123450"])
def test_sandbox_numbers_where_they_are_allowed(text: str) -> None:
    assert normalise_msisdn(text, region="CM", allow_test_numbers=True) == "46733123450"
