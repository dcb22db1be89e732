"""What lines of bank statements probably pay: reads for people who decide. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from billing import gateways
from billing.models import Order, Payment, StatementLine, TransferDecision
from billing.money import Money
from billing.statements.matching import Candidate, Candidates, Certainty, Proposal, propose

# Lines looked at together; so many more wait for the next time.
MOST_AT_ONCE = 500


def open_orders() -> Candidates:
    """Every order that money may come for, whatever way to pay was chosen. One query."""
    return _candidates(_awaiting().exclude(payments__decisions__status__in=TransferDecision.LIVE))


def decided_orders() -> Candidates:
    """The orders a transfer of which has a verdict that does not count yet: what they need is known then. One query."""
    return _candidates(_awaiting().filter(payments__decisions__status__in=TransferDecision.LIVE).distinct())


def _awaiting() -> QuerySet[Order]:
    return Order.objects.filter(status=Order.Status.AWAITING_PAYMENT)


def _candidates(awaiting: QuerySet[Order]) -> Candidates:
    transfers = Payment.objects.filter(
        order=OuterRef("pk"), method__name=gateways.BANK_TRANSFER, status__in=Payment.OPEN
    )
    orders = (
        awaiting.annotate(told=Subquery(transfers.values("provider_account")[:1]))
        .only("number", "currency", "total_minor", "credit_minor", "received_minor", "created_at", "customer_name",
              "organisation_name")
    )  # fmt: skip
    return Candidates.of(
        Candidate(key=order.pk, number=order.number, due=order.due, created_at=order.created_at,
                  names=(order.customer_name, order.organisation_name), account=order.told or "")
        for order in orders
    )  # fmt: skip


def recorded_by_hand() -> Candidates:
    """Transfers that count already though no line of a statement has been laid beside them. One query."""
    decisions = TransferDecision.objects.filter(
        status=TransferDecision.Status.DONE, line__isnull=True, received_minor__isnull=False
    ).select_related("payment__order")
    return Candidates.of(
        Candidate(key=one.pk, number=one.payment.order.number,
                  due=Money(one.received_minor or 0, one.received_currency), created_at=one.payment.order.created_at,
                  names=(one.payment.order.customer_name, one.payment.order.organisation_name))
        for one in decisions
    )  # fmt: skip


def proposals(lines: Iterable[StatementLine], candidates: Candidates) -> dict[UUID, Proposal]:
    """The proposal for each line that has one."""
    found = ((line.pk, propose(line.entry, candidates)) for line in lines)
    return {pk: proposal for pk, proposal in found if proposal}


def certain(lines: Iterable[StatementLine]) -> dict[UUID, Proposal]:
    """The lines that may be accepted without another look: each pays exactly what one order waits for, and is alone in it."""
    sure: dict[UUID, tuple[UUID, Proposal]] = {}
    rivals: set[UUID] = set()
    for pk, proposal in proposals(lines, open_orders()).items():
        if proposal.candidate.key in sure:
            rivals.add(proposal.candidate.key)
        sure[proposal.candidate.key] = (pk, proposal)
    return {
        pk: proposal
        for key, (pk, proposal) in sure.items()
        if key not in rivals and proposal.certainty is Certainty.CERTAIN
    }


def waiting_lines() -> list[StatementLine]:
    """The oldest lines that nobody has used."""
    return list(
        StatementLine.objects.filter(status=StatementLine.Status.OPEN).order_by("booked_on", "pk")[:MOST_AT_ONCE]
    )
