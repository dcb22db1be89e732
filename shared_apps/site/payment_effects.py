"""What a refund or a decision would do, in words: read before the button is pressed."""

from __future__ import annotations

import hashlib

from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import Order, Payment, Refund
from billing.money import Money, with_worth
from billing.services.endings import bought_time
from billing.services.refunds import Plan
from billing.services.reviews import Decision, order_for, worth_of
from shared_apps.core.numbers import reader_locale
from shared_apps.core.templatetags.ui import day
from shared_apps.core.widgets import Card
from shared_apps.site.order_page import arrived_by


def effects_of(plan: Plan, payment: Payment, *, ends_access: bool, to_credit: bool) -> list[str]:
    """Each thing a refund would do, the money first."""
    words = [_money_words(plan, payment, to_credit=to_credit)]
    if plan.taken.credited:
        words.append(_("%(amount)s leaves the organisation's credit.") % {"amount": shown(plan.taken.credited)})
    if plan.taken.applied:
        words.append(_applied_words(plan, payment.order))
    if ends_access:
        words.append(_ending_words(payment.order))
    elif plan.origin == Refund.Origin.INVOICE:
        words.append(_("The access stays as it is."))
    if plan.needs_second_person:
        words.append(_("Somebody else has to agree first: it is above the limit for one person."))
    return words


def verb_of(plan: Plan, *, to_credit: bool) -> str:
    """What the button says."""
    if to_credit:
        return _("Keep %(amount)s as credit") % {"amount": _both(plan)}
    return _("Give back %(amount)s") % {"amount": shown(plan.amount)}


def mark_of(effects: list[str]) -> str:
    """Changes when anything changes that was read."""
    return hashlib.sha256("|".join(effects).encode()).hexdigest()[:32]


def decision_cards(payment: Payment, decisions: list[str]) -> dict[str, Card]:
    """What each decision about money in review would do."""
    return {name: Card(_WORDS[Decision(name)](payment)) for name in decisions}


def shown(amount: Money) -> str:
    """An amount in the reader's language."""
    return amount.display(reader_locale())


def _both(plan: Plan) -> str:
    """What is given up of a payment, with its worth in the order's currency."""
    return with_worth(plan.amount, plan.taken.total, reader_locale())


def _money_words(plan: Plan, payment: Payment, *, to_credit: bool) -> str:
    if to_credit:
        return _("%(amount)s becomes credit for orders to come. Nothing is sent.") % {"amount": _both(plan)}
    worth = {"amount": shown(plan.amount), "worth": shown(plan.taken.total), "method": payment.method}
    if plan.is_manual:
        return _("You send %(amount)s back yourself, then record the reference here.") % worth
    if plan.taken.total and plan.amount.currency != plan.taken.total.currency:
        return (
            _("%(method)s sends %(amount)s back to the payer: %(worth)s of the order, at the rate of its payment.")
            % worth
        )
    return _("%(method)s sends %(amount)s back to the payer.") % worth


def _applied_words(plan: Plan, order: Order) -> str:
    amount = {"amount": shown(plan.taken.applied), "number": order.number}
    if plan.origin == Refund.Origin.INVOICE:
        return _("A credit note of %(amount)s is issued for order %(number)s.") % amount
    return _("Order %(number)s is not paid yet: it lacks %(amount)s more.") % amount


def _ending_words(order: Order) -> str:
    periods = bought_time(order, timezone.now())
    if not periods:
        return _("The time this order paid for is over: no access is lost.")
    until = {"date": day(max(one.ends_at for one in periods))}
    return (
        _("The time it paid for, until %(date)s, ends now. Without other paid time the workspace is read-only.") % until
    )


def _apply_words(payment: Payment) -> str:
    order, worth = order_for(payment), worth_of(payment, payment.received or payment.charge)
    if order is None or worth is None:
        return ""
    told = {"number": order.number, "due": shown(order.due), "worth": shown(worth)}
    if worth < order.due:
        left = {**told, "left": shown(order.due - worth)}
        return _("%(worth)s goes to order %(number)s, which needs %(due)s. %(left)s is then left to pay.") % left
    if order.due < worth:
        more = {**told, "more": shown(worth - order.due)}
        return _("Order %(number)s needs %(due)s and is paid. %(more)s becomes credit.") % more
    return _("Order %(number)s needs %(due)s and is paid.") % told


def _credit_words(payment: Payment) -> str:
    worth = worth_of(payment, payment.received or payment.charge)
    return _("%(worth)s pays the organisation's next orders by itself.") % {"worth": shown(worth)} if worth else ""


def _refund_words(payment: Payment) -> str:
    amount = payment.refundable or payment.charge
    return _("%(amount)s goes back to the payer %(by)s.") % {"amount": shown(amount), "by": arrived_by(payment)}


def _dismiss_words(payment: Payment) -> str:
    return _(
        "The books forget the money, and the payer is told that it did not arrive. Above the limit two people say so."
    )


_WORDS = {
    Decision.APPLY: _apply_words,
    Decision.CREDIT: _credit_words,
    Decision.REFUND: _refund_words,
    Decision.DISMISS: _dismiss_words,
}
