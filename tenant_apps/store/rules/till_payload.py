"""What a device sends of a sale, read strictly. Pure: nothing is looked up here.

Amounts are integers in minor units of the shop's currency. Whatever is not exactly as it should be raises DomainError with
the field it is about; nothing is guessed, since the sums on a receipt are what was paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from shared_apps.core.errors import DomainError
from tenant_apps.store.models.till import Method
from tenant_apps.store.rules.till_sums import Charged, sale_total

MOST_MINOR = 10**12
MOST_PIECES = 10_000
MOST_LINES = 200
MOST_PAYMENTS = 10


@dataclass(frozen=True, slots=True)
class SoldLine:
    """So many of a variant: what a piece cost before everything, what it cost by the price list, what was taken off the line."""

    variant: UUID
    name: str
    list_minor: int
    charged: Charged
    reason: str


@dataclass(frozen=True, slots=True)
class Paid:
    """A part of the payment; `tendered_minor` is what was handed over in cash, None where nobody counted it."""

    method: str
    amount_minor: int
    tendered_minor: int | None
    reference: str


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale as a device made it. Its sums are right."""

    session: UUID
    local_number: str
    sold_at: datetime
    offline: bool
    lines: tuple[SoldLine, ...]
    discount_minor: int
    discount_reason: str
    total_minor: int
    payments: tuple[Paid, ...]
    seller: UUID | None
    customer: UUID | None
    name: str
    phone: str


def read_sale(payload: object) -> Sold:
    """A sale out of what was sent. Raises DomainError (`sale_unreadable`, `sums_differ`)."""
    data = _mapping(payload, "sale")
    lines = tuple(_line(one, f"lines.{at}") for at, one in enumerate(_list(data, "lines", MOST_LINES, least=1)))
    payments = tuple(_payment(one, f"payments.{at}") for at, one in enumerate(_list(data, "payments", MOST_PAYMENTS)))
    sold = Sold(
        session=_uuid(data, "session"),
        local_number=_text(data, "local_number", 30),
        sold_at=_moment(data, "sold_at"),
        offline=_flag(data, "offline"),
        lines=lines,
        discount_minor=_amount(data, "discount_minor"),
        discount_reason=_text(data, "discount_reason", 100),
        total_minor=_amount(data, "total_minor"),
        payments=payments,
        seller=_uuid(data, "seller") if data.get("seller") else None,
        customer=_uuid(data, "customer") if data.get("customer") else None,
        name=_text(data, "name", 100),
        phone=_text(data, "phone", 30),
    )
    _check_sums(sold)
    return sold


def says_offline(payload: object) -> bool:
    """Whether a payload, readable or not, is of a sale that has happened already."""
    return isinstance(payload, Mapping) and payload.get("offline") is True


def _line(value: object, field: str) -> SoldLine:
    data = _mapping(value, field)
    unit, quantity = _amount(data, "unit_minor", field), _whole(data, "quantity", field, least=1, most=MOST_PIECES)
    charged = Charged(unit, quantity, _amount(data, "discount_minor", field))
    if charged.net_minor < 0:
        raise _differ(f"{field}.discount_minor")
    return SoldLine(
        variant=_uuid(data, "variant", field),
        name=_text(data, "name", 200, field),
        list_minor=max(unit, _amount(data, "list_minor", field)),
        charged=charged,
        reason=_text(data, "reason", 100, field),
    )


def _payment(value: object, field: str) -> Paid:
    data = _mapping(value, field)
    method = _text(data, "method", 15, field)
    if method not in Method.values:
        raise _unreadable(f"{field}.method")
    amount = _whole(data, "amount_minor", field, least=1, most=MOST_MINOR)
    tendered = None if data.get("tendered_minor") is None else _amount(data, "tendered_minor", field)
    if tendered is not None and (method != Method.CASH or tendered < amount):
        raise _differ(f"{field}.tendered_minor")
    return Paid(method, amount, tendered, _text(data, "reference", 60, field))


def _check_sums(sold: Sold) -> None:
    total = sale_total([line.charged for line in sold.lines], discount_minor=sold.discount_minor)
    if total < 0 or total != sold.total_minor:
        raise _differ("total_minor")
    if sum(payment.amount_minor for payment in sold.payments) != total:
        raise _differ("payments")


def _mapping(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _unreadable(field)
    return value


def _list(data: Mapping[str, Any], name: str, most: int, *, least: int = 0) -> list[Any]:
    value = data.get(name)
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise _unreadable(name)
    return value


def _amount(data: Mapping[str, Any], name: str, within: str = "") -> int:
    return _whole(data, name, within, least=0, most=MOST_MINOR)


def _whole(data: Mapping[str, Any], name: str, within: str, *, least: int, most: int) -> int:
    value = data.get(name, 0)
    # True is an int to Python, and 1.0 is none.
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _unreadable(_path(within, name))
    return value


def _text(data: Mapping[str, Any], name: str, most: int, within: str = "") -> str:
    value = data.get(name) or ""
    if not isinstance(value, str) or len(value) > most or "\x00" in value:
        raise _unreadable(_path(within, name))
    return value.strip()


def _flag(data: Mapping[str, Any], name: str) -> bool:
    value = data.get(name)
    if not isinstance(value, bool):
        raise _unreadable(name)
    return value


def _uuid(data: Mapping[str, Any], name: str, within: str = "") -> UUID:
    try:
        return UUID(str(data.get(name)))
    except ValueError:
        raise _unreadable(_path(within, name)) from None


def _moment(data: Mapping[str, Any], name: str) -> datetime:
    value = data.get(name)
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 2000 < moment.year < 2200:
        raise _unreadable(name)
    return moment


def _path(within: str, name: str) -> str:
    return f"{within}.{name}" if within else name


def _unreadable(field: str) -> DomainError:
    text = _("This sale cannot be read: “%(field)s” is missing or not as it should be.") % {"field": field}
    return DomainError("sale_unreadable", text, field=field)


def _differ(field: str) -> DomainError:
    text = _("The amounts of this sale do not add up (%(field)s).") % {"field": field}
    return DomainError("sums_differ", text, field=field)
