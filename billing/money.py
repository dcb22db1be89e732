"""Money as integer minor units and a currency, and the one peg the platform may rely on.

Nothing here rounds silently: every place where a fraction can appear says how it is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_currency

# ISO 4217 exponents of the currencies that amounts may be in. A provider may count otherwise: PayPal's forint has none.
EXPONENTS: dict[str, int] = {
    **dict.fromkeys(("XAF", "XOF", "GNF", "JPY"), 0),
    **dict.fromkeys(("EUR", "USD", "HUF", "TWD"), 2),
    "TND": 3,
}

NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one operation."""


class InexactAmount(ValueError):
    """A decimal amount has more digits than its currency has."""


def exponent_of(currency: str) -> int:
    """Number of decimals of a currency; raises KeyError for one that is not known here."""
    return EXPONENTS[currency]


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount. `minor` is an integer count of the currency's smallest unit."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise TypeError(f"minor units must be an integer, not {type(self.minor).__name__}")
        if self.currency not in EXPONENTS:
            raise ValueError(f"unknown currency {self.currency!r}")

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def as_decimal(self) -> Decimal:
        """The amount in major units, with exactly the currency's number of decimals."""
        exponent = EXPONENTS[self.currency]
        return Decimal(self.minor).scaleb(-exponent).quantize(Decimal(1).scaleb(-exponent))

    def as_text(self) -> str:
        """Plain digits for a provider's API: "5000" for XAF, "19.06" for EUR."""
        return f"{self.as_decimal():f}"

    def display(self, locale: str) -> str:
        """The amount as people read it: "25 000 FCFA" in French, with the locale's own spaces."""
        return format_money(self, locale)

    @classmethod
    def from_decimal(cls, amount: Decimal | str, currency: str) -> Money:
        """Exact conversion from major units; raises InexactAmount rather than rounding."""
        scaled = Decimal(amount).scaleb(EXPONENTS[currency])
        if scaled != scaled.to_integral_value():
            raise InexactAmount(f"{amount} {currency}")
        return cls(int(scaled), currency)


def rounded(minor: Decimal, currency: str) -> Money:
    """An exact number of minor units, rounded half up to a whole one."""
    return Money(int(minor.quantize(Decimal(1), rounding=ROUND_HALF_UP)), currency)


def percent_of(amount: Money, percent: Decimal) -> Money:
    """`percent` per cent of an amount, rounded half up to a whole minor unit."""
    return rounded(Decimal(amount.minor) * percent / 100, amount.currency)


def share_of(amount: Money, part: int, whole: int) -> Money:
    """`part` of `whole` of an amount, rounded half up to a whole minor unit; nothing of nothing."""
    if whole <= 0:
        return Money(0, amount.currency)
    return rounded(Decimal(amount.minor) * part / whole, amount.currency)


def convert(amount: Money, *, rate: Decimal, currency: str) -> Money:
    """An amount in another currency, rounded half up; `rate` is units of that currency for one of the amount's."""
    return rounded((amount.as_decimal() * rate).scaleb(EXPONENTS[currency]), currency)


def with_worth(amount: Money, worth: Money | None, locale: str) -> str:
    """An amount with what it is worth in the order's currency behind it: "38,11 € (25 000 FCFA)"; alone in that currency."""
    if worth is None or amount.currency == worth.currency:
        return amount.display(locale)
    return f"{amount.display(locale)} ({worth.display(locale)})"


def format_money(amount: Money, locale: str) -> str:
    """Babel's currency format with a true minus sign, and both CFA francs written FCFA as their users write them."""
    if amount.currency in ("XAF", "XOF"):
        number = format_currency(amount.as_decimal(), "XAF", "#,##0", locale=locale, currency_digits=False)
        shown = f"{number.strip()}{NO_BREAK_SPACE}FCFA"
    else:
        shown = format_currency(amount.as_decimal(), amount.currency, locale=locale)
    return shown.replace("-", MINUS)
