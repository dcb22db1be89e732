"""The words in which the table of the isolation matrix is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# Who. In workspaces, anything else is the code of a permission.
ANYBODY = "anybody"
SIGNED_IN = "signed in"
STAFF = "staff"
OWNER = "owner"
# On the public site.
PLATFORM_ADMIN = "platform admin"
BUYER = "buyer"  # whose order it is
BUYER_OR_ADMIN = "buyer or platform admin"
PEOPLE = "people"  # everybody with a place in the organisation
MANAGERS = "managers"  # its owner and its administrators
PAYERS = "payers"  # these and whoever looks after its billing
PAYERS_OR_ADMIN = "payers or platform admin"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may send a method to an address.

    `hidden`: whoever may not is told 404, as if there were nothing. `answers`: statuses that are no refusal of the
    person, e.g. 403 for a link that is too old. `data` is what is sent.
    """

    who: str
    hidden: bool = False
    answers: frozenset[int] = frozenset()
    data: dict[str, Any] = field(default_factory=dict)


Methods = dict[str, Rule]


def rule(who: str, **options: Any) -> Rule:
    answers = frozenset(options.pop("answers", ()))
    return Rule(who, answers=answers, **options)


def page(who: str, **options: Any) -> Methods:
    """Something to read."""
    return {"GET": rule(who, **options)}


def form(who: str, **options: Any) -> Methods:
    """A page with a form that is sent to itself."""
    return {"GET": rule(who, **options), "POST": rule(who, **options)}


def act(who: str, **options: Any) -> Methods:
    """A button."""
    return {"POST": rule(who, **options)}


def any_method(who: str, **options: Any) -> Methods:
    """Whatever it is, it is answered."""
    return {method: rule(who, **options) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")}
