"""Phone numbers as mobile money wants them: digits with the country code."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

EMPTY: Final = "empty"
NOT_A_NUMBER: Final = "not_a_number"
TOO_SHORT: Final = "too_short"
TOO_LONG: Final = "too_long"
NOT_IN_USE: Final = "not_in_use"  # the right length, but no operator has such numbers
NOT_MOBILE: Final = "not_mobile"
OTHER_COUNTRY: Final = "other_country"

# MTN's sandbox decides the outcome by these Swedish numbers; they are not real subscribers.
SANDBOX_NUMBER = re.compile(r"467331234\d\d")
WRITTEN_NUMBER = re.compile(r"[+(]{0,2}[\d\s().\-/]+")
MAX_TEXT = 40
NO_MOBILE_TYPES = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)


class InvalidPhone(ValueError):
    """The text is not a phone number that can be charged; `reason` is one of this module's constants."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def normalise_msisdn(text: str, *, region: str, allow_test_numbers: bool = False) -> str:
    """Digits with country code, without a plus sign, of what a person typed.

    A number without a country code is read as one of `region` ("CM"), the only one whose wallets can be charged; one
    whose country code was typed without the plus sign is understood too. Raises InvalidPhone.
    """
    written = text.strip()
    if not written:
        raise InvalidPhone(EMPTY)
    if len(written) > MAX_TEXT or not WRITTEN_NUMBER.fullmatch(written):
        raise InvalidPhone(NOT_A_NUMBER)
    compact = re.sub(r"[^\d+]", "", written)
    digits = compact.removeprefix("+").removeprefix("00")
    if allow_test_numbers and SANDBOX_NUMBER.fullmatch(digits):
        return digits
    number = _parse(compact, region)
    if not phonenumbers.is_valid_number(number) and not compact.startswith(("+", "0")):
        number = _international(compact) or number
    _check(number)
    if phonenumbers.region_code_for_number(number) != region:
        raise InvalidPhone(OTHER_COUNTRY)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def _parse(compact: str, region: str) -> PhoneNumber:
    try:
        return phonenumbers.parse(compact, region)
    except NumberParseException as error:
        too_short = error.error_type in (NumberParseException.TOO_SHORT_NSN, NumberParseException.TOO_SHORT_AFTER_IDD)
        too_long = error.error_type == NumberParseException.TOO_LONG
        raise InvalidPhone(TOO_SHORT if too_short else TOO_LONG if too_long else NOT_A_NUMBER) from error


def _international(compact: str) -> PhoneNumber | None:
    """The same digits with a plus sign in front, if that makes a number in use."""
    try:
        number = phonenumbers.parse("+" + compact, None)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _check(number: PhoneNumber) -> None:
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == phonenumbers.ValidationResult.TOO_LONG:
        raise InvalidPhone(TOO_LONG)
    if possible in (phonenumbers.ValidationResult.TOO_SHORT, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        raise InvalidPhone(TOO_SHORT)
    if not phonenumbers.is_valid_number(number):
        raise InvalidPhone(NOT_IN_USE)
    if phonenumbers.number_type(number) in NO_MOBILE_TYPES:
        raise InvalidPhone(NOT_MOBILE)
