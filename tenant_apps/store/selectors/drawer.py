"""The money of a till's session: what came by each way to pay, and what should be in the drawer."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, Sum

from tenant_apps.store.models import TillPayment, TillSession
from tenant_apps.store.models.till import Method

_CAME = Sum("amount_minor", filter=Q(amount_minor__gt=0), default=0)
_WENT = Sum("amount_minor", filter=Q(amount_minor__lt=0), default=0)


@dataclass(frozen=True, slots=True)
class WayTotal:
    """What came and went back by one way to pay."""

    method: str
    taken_minor: int
    given_back_minor: int

    @property
    def net_minor(self) -> int:
        return self.taken_minor - self.given_back_minor


@dataclass(frozen=True, slots=True)
class Drawer:
    """The money of a session, in minor units, none below zero: what went is told as how much. `told_minor` is what should have
    been in the drawer as it was told at the count; None while the session is open."""

    ways: tuple[WayTotal, ...]
    opening_minor: int
    put_in_minor: int
    taken_out_minor: int
    told_minor: int | None

    @property
    def cash(self) -> WayTotal:
        return next((way for way in self.ways if way.method == Method.CASH), WayTotal(Method.CASH, 0, 0))

    @property
    def other_ways(self) -> tuple[WayTotal, ...]:
        """What came by other ways than cash, and is in no drawer."""
        return tuple(way for way in self.ways if way.method != Method.CASH)

    @property
    def sum_minor(self) -> int:
        """What should be in the drawer: the opening, the cash of sales less what was given back, and the moves."""
        return self.opening_minor + self.cash.net_minor + self.put_in_minor - self.taken_out_minor

    @property
    def expected_minor(self) -> int:
        """The same for a session that may be closed: then as it was told at the count."""
        return self.sum_minor if self.told_minor is None else self.told_minor


def drawer_of(session: TillSession) -> Drawer:
    """The drawer of a session as it stands. Two queries."""
    moved = session.moves.aggregate(put_in=_CAME, taken_out=_WENT)
    return Drawer(
        ways=_ways(session),
        opening_minor=session.opening_minor,
        put_in_minor=moved["put_in"],
        taken_out_minor=-moved["taken_out"],
        told_minor=session.expected_minor,
    )


def _ways(session: TillSession) -> tuple[WayTotal, ...]:
    """In the order in which ways to pay are listed."""
    rows = TillPayment.objects.filter(session=session).order_by().values("method").annotate(came=_CAME, went=_WENT)
    found = {row["method"]: WayTotal(row["method"], row["came"], -row["went"]) for row in rows}
    return tuple(found[method] for method in Method.values if method in found)
