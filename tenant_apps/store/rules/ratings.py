"""What reviews come to, in figures and words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shared_apps.core.numbers import number_text

BEST = 5
WORDS: dict[int, str | Promise] = {
    5: gettext_lazy("Excellent"),
    4: gettext_lazy("Good"),
    3: gettext_lazy("Fair"),
    2: gettext_lazy("Disappointing"),
    1: gettext_lazy("Very disappointing"),
}


@dataclass(frozen=True, slots=True)
class Rating:
    """The published reviews of a product, summed up; or one review alone, with a count of one."""

    total: int
    count: int

    @property
    def tenths(self) -> int:
        """The average in tenths of a star, rounded half up: 43 for 4.3. 0 without any review."""
        return (20 * self.total + self.count) // (2 * self.count) if self.count else 0

    @property
    def stars(self) -> int:
        """Full stars to draw: the average rounded half up."""
        return (2 * self.total + self.count) // (2 * self.count) if self.count else 0

    @property
    def drawn(self) -> list[bool]:
        """The five stars, full or not."""
        return [number < self.stars for number in range(BEST)]

    @property
    def average(self) -> str:
        """The average as people read it: "4,3"; a whole one without decimals."""
        return number_text(Decimal(self.tenths) / 10, "0.#")

    @property
    def words(self) -> str:
        """What a screen reader says for the stars: "4,3 out of 5"."""
        return _("%(rating)s out of %(best)s") % {"rating": self.average, "best": BEST}


def signed(first_name: str, last_name: str) -> str:
    """How an author is shown to the public: first name and initial, "Awa D."; who gave no name is a customer."""
    first, last = first_name.strip(), last_name.strip()
    if not first:
        return _("A customer")
    return f"{first} {last[0].upper()}." if last else first
