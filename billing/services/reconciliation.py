"""Asking providers once a night about payments that are closed: did money come after all, was any taken back?

A night's run is worked off in slices, in the order of the payments' ids. How far it is, is committed after every payment
together with what was found, so that a run that was killed goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from billing import gateways
from billing.models import Payment, ReconciliationFinding, ReconciliationRun, ReconciliationTally
from billing.providers import reasons
from billing.providers.base import Flow, ProviderError
from billing.providers.judging import Verdict, judge
from billing.services.health import watched
from billing.services.payments import as_attempt
from billing.services.resolve import ASKED_WITH, ask_about, expected_of
from billing.services.reversals import sync_reversals

logger = structlog.get_logger(__name__)

BEGINS_AT = 2  # o'clock, local time: few pay then
CLOSED_FOR = timedelta(days=7)
SUCCEEDED_FOR = timedelta(days=30)
CLOSED = (Payment.Status.FAILED, Payment.Status.EXPIRED, Payment.Status.CANCELLED)
# One task works so long; a worker that dies keeps others away so long.
SLICE = timedelta(seconds=20)
HELD_FOR = timedelta(minutes=5)
# MTN takes 150 questions a second from one address; payers come first.
PER_SECOND = 20
KEPT_FOR = timedelta(days=400)

Kind = ReconciliationFinding.Kind
Stage = ReconciliationRun.Stage
_UNANSWERED = (reasons.PROVIDER_UNAVAILABLE, reasons.MISCONFIGURED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one question. `count` is the tally's column; `kind` is set where something differed."""

    count: str
    kind: str = ""
    after: str = ""
    reason: str = ""


def reconcile(*, now: datetime | None = None) -> bool:
    """Go on with the night's questions for a SLICE, beginning them if it is time; whether some are left.

    One worker at a time: the run is held by a guarded UPDATE. No transaction is open while a provider is asked; each answer
    is acted upon as everywhere (`resolve_payment`, `sync_reversals`), then noted in a short transaction of its own.
    """
    run = _run_to_do(now or timezone.now())
    held = _hold(run) if run else None
    if run is None or held is None:
        return False
    ends_at = time.monotonic() + SLICE.total_seconds()
    for payment in _payments_of(run):
        before = payment.status
        answer = _ask(payment, run)
        held = _note(run, payment, answer, before=before, held=held)
        if held is None:  # somebody else has taken over: we were away for too long
            return False
        if time.monotonic() >= ends_at:
            _release(run, held)
            return True
    ReconciliationRun.objects.filter(pk=run.pk, held_until=held).update(
        stage=Stage.DONE, finished_at=timezone.now(), held_until=None
    )
    return False


def delete_old_runs() -> int:
    """Delete runs that have been kept long enough; how many."""
    old = ReconciliationRun.objects.filter(night__lt=(timezone.now() - KEPT_FOR).date())
    return old.delete()[1].get("billing.ReconciliationRun", 0)


def _run_to_do(now: datetime) -> ReconciliationRun | None:
    """The run that was begun and is not done; else a new one for tonight, if it is time and there was none."""
    unfinished = ReconciliationRun.objects.exclude(stage=Stage.DONE).order_by("night").first()
    here = timezone.localtime(now)
    if unfinished or here.hour < BEGINS_AT:
        return unfinished
    run, _created = ReconciliationRun.objects.get_or_create(night=here.date())
    return None if run.stage == Stage.DONE else run


def _hold(run: ReconciliationRun) -> datetime | None:
    now = timezone.now()
    free = ReconciliationRun.objects.filter(Q(held_until__isnull=True) | Q(held_until__lt=now), pk=run.pk)
    until = now + HELD_FOR
    if not free.exclude(stage=Stage.DONE).update(held_until=until):
        return None
    run.refresh_from_db()
    return until


def _release(run: ReconciliationRun, held: datetime) -> None:
    ReconciliationRun.objects.filter(pk=run.pk, held_until=held).update(held_until=None)


def _payments_of(run: ReconciliationRun) -> Iterator[Payment]:
    """What is left to ask about, no faster than PER_SECOND; the run's stage moves with it."""
    for stage in (Stage.CLOSED, Stage.SUCCEEDED):
        if run.stage == Stage.SUCCEEDED and stage == Stage.CLOSED:
            continue
        if run.stage != stage:
            run.stage, run.cursor = stage, None
        while payment := _next(run):
            started = time.monotonic()
            yield payment
            run.cursor = payment.pk
            time.sleep(max(0, started + 1 / PER_SECOND - time.monotonic()))


def _next(run: ReconciliationRun) -> Payment | None:
    rows = _closed(run) if run.stage == Stage.CLOSED else _succeeded(run)
    if run.cursor:
        rows = rows.filter(pk__gt=run.cursor)
    return rows.select_related(*ASKED_WITH).order_by("pk").first()


def _closed(run: ReconciliationRun) -> QuerySet[Payment]:
    """Attempts that were given up and that the provider may know: a phone may have rung without our hearing of it."""
    push = [name for name in gateways.NAMES if gateways.gateway(name).capabilities.flow is Flow.PUSH]
    known = ~Q(provider_ref="") | Q(method__name__in=push, started_at__isnull=False)
    return _automatic().filter(
        known, status__in=CLOSED, created_at__gte=run.started_at - CLOSED_FOR, created_at__lt=run.started_at
    )


def _succeeded(run: ReconciliationRun) -> QuerySet[Payment]:
    return _automatic().filter(
        status=Payment.Status.SUCCEEDED,
        succeeded_at__gte=run.started_at - SUCCEEDED_FOR,
        succeeded_at__lt=run.started_at,
    )


def _automatic() -> QuerySet[Payment]:
    return Payment.objects.filter(method__is_automatic=True, method__name__in=gateways.NAMES)


def _ask(payment: Payment, run: ReconciliationRun) -> Answer:
    return _ask_closed(payment) if run.stage == Stage.CLOSED else _ask_succeeded(payment)


def _ask_closed(payment: Payment) -> Answer:
    """Money that came after all is honoured by the same rules as everywhere."""
    state = ask_about(payment)
    if state is None or state.reason in _UNANSWERED:
        return Answer("unreachable")
    now = Payment.objects.get(pk=payment.pk)
    if now.status == Payment.Status.SUCCEEDED:
        return Answer("late_successes", Kind.LATE_SUCCESS, after=now.status)
    if now.status == Payment.Status.NEEDS_REVIEW:
        return Answer("disagreements", Kind.DISAGREEMENT, after=now.status, reason=now.reason)
    return Answer("agreed")


def _ask_succeeded(payment: Payment) -> Answer:
    """Refunds and disputes that began at the provider are recorded; another amount or a failure is for a person."""
    provider = gateways.gateway(payment.method.name, payment.provider_base_url)
    before = _taken_back(payment)
    try:
        sync_reversals(payment.pk)
        with watched(payment.method):
            state = provider.fetch(as_attempt(payment))
    except ProviderError:
        return Answer("unreachable")
    if _taken_back(payment) != before:
        return Answer("reversals", Kind.REVERSAL, after=Payment.objects.get(pk=payment.pk).status)
    judgement = judge(expected_of(payment, provider), state)
    if judgement.verdict in (Verdict.FAIL, Verdict.REVIEW):
        logger.error("provider disagrees", payment=str(payment.pk), reason=judgement.reason)
        return Answer("disagreements", Kind.DISAGREEMENT, after=payment.status, reason=judgement.reason)
    return Answer("agreed")


def _taken_back(payment: Payment) -> list[Any]:
    refunds = payment.refunds.filter(is_external=True).order_by("pk").values_list("pk", "status")
    disputes = payment.disputes.order_by("pk").values_list("pk", "status")
    return [*refunds, *disputes]


def _note(run: ReconciliationRun, payment: Payment, answer: Answer, *, before: str, held: datetime) -> datetime | None:
    """Write down an answer and how far the run is, together; None when the run is no longer ours. One transaction."""
    until = timezone.now() + HELD_FOR
    with transaction.atomic():
        mine = ReconciliationRun.objects.filter(pk=run.pk, held_until=held)
        if not mine.update(held_until=until, stage=run.stage, cursor=payment.pk):
            return None
        tally, _created = ReconciliationTally.objects.get_or_create(run=run, method=payment.method)
        ReconciliationTally.objects.filter(pk=tally.pk).update(
            asked=F("asked") + 1, **{answer.count: F(answer.count) + 1}
        )
        if answer.kind:
            ReconciliationFinding.objects.get_or_create(
                run=run, payment=payment, kind=answer.kind,
                defaults={"before": before, "after": answer.after, "reason": answer.reason},
            )  # fmt: skip
    return until
