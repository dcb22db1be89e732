"""What a place may ask of the people who get an account there. Pure decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.languages import LANGUAGES
from shared_apps.core.errors import DomainError

SUGGESTED_AGE = 18
OLDEST = 120  # years; beyond it a date of birth is a slip of the finger
MAX_LANGUAGES = 10


@dataclass(frozen=True, slots=True)
class Details:
    """What a person says of themselves. Languages are ISO 639-1 codes."""

    date_of_birth: date | None = None
    native: tuple[str, ...] = ()
    target: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked here: an age in years (None: none) and languages."""

    minimum_age: int | None = None
    languages: bool = False

    def __bool__(self) -> bool:
        return self.minimum_age is not None or self.languages

    def is_met_by(self, details: Details, *, today: date) -> bool:
        """Whether these details are all that is asked."""
        try:
            check_details(details, asked=self, today=today)
        except DomainError:
            return False
        return True


def age_on(day: date, *, born: date) -> int:
    """Whole years on a day. Somebody born on 29 February is a year older on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def check_details(details: Details, *, asked: Asked, today: date) -> None:
    """Pass, or raise DomainError on `date_of_birth`, `native_languages` or `target_languages`."""
    _check_birth(details.date_of_birth, minimum=asked.minimum_age, today=today)
    _check_languages(details, required=asked.languages)


def _check_birth(born: date | None, *, minimum: int | None, today: date) -> None:
    if born is None:
        if minimum is not None:
            raise DomainError("birth_required", _("Enter your date of birth."), field="date_of_birth")
        return
    if not 0 <= age_on(today, born=born) <= OLDEST:
        raise DomainError("birth_unlikely", _("Check your date of birth."), field="date_of_birth")
    if minimum is not None and age_on(today, born=born) < minimum:
        message = _("You must be at least %(age)s years old to have an account here.") % {"age": minimum}
        raise DomainError("too_young", message, field="date_of_birth", extra={"minimum_age": minimum})


def _check_languages(details: Details, *, required: bool) -> None:
    for codes, field in ((details.native, "native_languages"), (details.target, "target_languages")):
        if required and not codes:
            message = (
                _("Choose at least one language you speak from birth.")
                if field == "native_languages"
                else _("Choose at least one language you want to practise.")
            )
            raise DomainError("language_required", message, field=field)
        if len(codes) > MAX_LANGUAGES or not LANGUAGES.issuperset(codes):
            raise DomainError("language_unknown", _("Choose languages from the list."), field=field)
        if len(set(codes)) < len(codes):
            raise _twice(field)
    if set(details.native) & set(details.target):
        raise _twice("target_languages")


def _twice(field: str) -> DomainError:
    return DomainError("language_twice", _("The same language is chosen twice. Choose another, or none."), field=field)
