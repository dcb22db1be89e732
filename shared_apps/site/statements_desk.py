"""Reads of the back office's pages about bank statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import BankStatement, Order, StatementLine, Subscription, TransferDecision
from billing.money import Money
from billing.proposals import decided_orders, open_orders, proposals, recorded_by_hand
from billing.services.lines import OTHER_DECIDED
from billing.statement_texts import CERTAINTY, WHY
from billing.statements.matching import Proposal
from shared_apps.core.errors import NotFound

Status = StatementLine.Status
SHOWN: dict[str, str | Promise] = {
    Status.OPEN: gettext_lazy("To match"),
    Status.TAKEN: gettext_lazy("Used"),
    Status.IGNORED: gettext_lazy("Ignored"),
}
MOST_FOUND = 10


@dataclass(frozen=True, slots=True)
class Idea:
    """What a movement may pay, in words. `order` is set for one that waits for money, `decision` for one recorded by hand;
    nothing may be done about an order that `waits` for the verdict on another transfer to count."""

    order: Order | None
    decision: TransferDecision | None
    certainty: str | Promise
    tone: str
    icon: str
    why: list[str | Promise]
    effect: str
    waits: bool = False


def lines(status: str, q: str = "") -> QuerySet[StatementLine]:
    """The movements in one state, the oldest first (used and ignored ones: the latest first)."""
    number = TransferDecision.objects.filter(line=OuterRef("pk")).exclude(status__in=["undone", "sent_back"])
    found = StatementLine.objects.filter(status=status).annotate(
        paid=Subquery(number.values("payment_id")[:1]),
        paid_number=Subquery(number.values("payment__order__number")[:1]),
    )
    for word in q.split():
        found = found.filter(
            Q(text__icontains=word) | Q(counterparty_name__icontains=word) | Q(bank_ref__icontains=word)
            | Q(note__icontains=word)
        )  # fmt: skip
    return found.order_by("booked_on", "pk") if status == Status.OPEN else found.order_by("-booked_on", "pk")


def totals() -> tuple[dict[str, int], list[Money]]:
    """How many movements are in each state, and what the open ones are worth, by currency. Two queries."""
    counts = dict(StatementLine.objects.order_by().values_list("status").annotate(number=Count("pk")))
    waiting = StatementLine.objects.filter(status=Status.OPEN).order_by("currency").values_list("currency")
    return counts, [Money(int(total), currency) for currency, total in waiting.annotate(total=Sum("amount_minor"))]


def ideas_for(found: list[StatementLine]) -> dict[UUID, Idea]:
    """What each of these movements probably pays, or is. Five queries at most."""
    if not found:
        return {}
    known = proposals(found, recorded_by_hand())
    waiting = proposals(found, decided_orders())
    sure = {pk: one for pk, one in known.items() if not one.difference}
    guesses = {**waiting, **sure, **proposals(found, open_orders())}
    keys = [one.candidate.key for one in guesses.values()]
    orders = {one.pk: one for one in Order.objects.filter(pk__in=keys)}
    decisions = {one.pk: one for one in TransferDecision.objects.filter(pk__in=keys).select_related("payment__order")}
    return {
        pk: _idea(one, orders.get(one.candidate.key), decisions.get(one.candidate.key), waits=waiting.get(pk) is one)
        for pk, one in guesses.items()
    }


def _idea(proposal: Proposal, order: Order | None, decision: TransferDecision | None, *, waits: bool) -> Idea:
    words, tone, icon = CERTAINTY[proposal.certainty]
    why = [WHY[reason] for reason in proposal.why]
    effect = (
        effect_of(order, proposal.difference) if order else _("It has been recorded by hand: it is not applied again.")
    )
    return Idea(order, decision, words, tone, icon, why, str(OTHER_DECIDED) if waits else effect, waits)


def effect_of(order: Order, difference: Money) -> str:
    """What accepting does; `difference` is what came less what is due."""
    if not difference:
        return _("Pays the order in full.")
    amount = Money(abs(difference.minor), difference.currency).display(order.locale)
    if difference.minor < 0:
        return _("Pays part of the order: %(amount)s is left to pay.") % {"amount": amount}
    return _("Pays the order, and %(amount)s becomes credit.") % {"amount": amount}


def get_line(line_id: UUID) -> StatementLine:
    """A movement with its file; raises NotFound."""
    line = StatementLine.objects.select_related("statement", "ignored_by").filter(pk=line_id).first()
    if line is None:
        raise NotFound
    return line


def twins_of(line: StatementLine) -> QuerySet[StatementLine]:
    """Movements of another file with its day and amount. Banks word a movement differently in each format, so that the same
    money may have come in twice; nobody but a person can tell."""
    same = StatementLine.objects.filter(
        account=line.account, booked_on=line.booked_on, amount_minor=line.amount_minor, currency=line.currency
    )
    return same.exclude(statement=line.statement_id).select_related("statement").order_by("pk")[:MOST_FOUND]


def get_statement(statement_id: UUID) -> BankStatement:
    """A file; raises NotFound."""
    found = BankStatement.objects.select_related("uploaded_by", "imported_by").filter(pk=statement_id).first()
    if found is None:
        raise NotFound
    return found


def statements() -> QuerySet[BankStatement]:
    """The files, the latest first, with how many movements each brought."""
    return BankStatement.objects.select_related("uploaded_by").annotate(line_count=Count("lines")).order_by("-pk")


def orders_for(line: StatementLine, q: str) -> list[dict[str, Any]]:
    """Unpaid orders that a person looks for, by number or name, with what accepting would do; nothing may be accepted for
    one whose other transfer has a verdict that does not count yet, as what is due is about to change."""
    given = TransferDecision.objects.filter(payment__order=OuterRef("pk"), status__in=TransferDecision.LIVE)
    found = Order.objects.filter(status__in=Order.PAYABLE, currency=line.currency).annotate(
        decided=Subquery(given.values("payment_id")[:1])
    )
    for word in q.split():
        found = found.filter(_named(word) | Q(number__icontains=word))
    orders: Any = found.order_by("-created_at")[:MOST_FOUND] if q.strip() else []
    return [
        {"order": order, "decided": order.decided, "effect": effect_of(order, line.amount - order.due)}
        for order in orders
    ]


def subscriptions_for(line: StatementLine, q: str) -> list[Order]:
    """The latest paid order of each workspace that a person looks for, by number or name, to give it credit."""
    found = Order.objects.filter(
        status=Order.Status.FULFILLED, currency=line.currency, organisation__isnull=False
    ).exclude(subscription__status=Subscription.Status.DELETED)
    for word in q.split():
        found = found.filter(_named(word) | Q(number__icontains=word))
    if not q.strip():
        return []
    latest = found.order_by("subscription_id", "-created_at").distinct("subscription_id")
    return list(latest.select_related("organisation", "subscription")[:MOST_FOUND])


def _named(word: str) -> Q:
    return (
        Q(customer_name__icontains=word) | Q(organisation_name__icontains=word) | Q(customer_email__icontains=word)
    )  # fmt: skip
