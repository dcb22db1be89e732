"""Collecting what tenants took from their customers, and booking the commission on it, each exactly once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from importlib import import_module
from typing import Any, NamedTuple, Protocol, cast
from uuid import UUID

import structlog
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import DataError, IntegrityError, transaction
from django.db.models import F
from django_tenants.utils import tenant_context

from billing import ledger
from billing.commissions import Told, commission_on, reversal
from billing.models import Commission
from billing.money import Money
from billing.services.ledger import post
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.organisations.current import as_tenant
from shared_apps.organisations.fleet import live_organisations, surviving
from shared_apps.organisations.models import Organisation

logger = structlog.get_logger(__name__)

BATCH = 200
Kind, HeldBy = Commission.Kind, Commission.HeldBy


class Till(Protocol):
    """What a product that takes money offers inside a workspace (`ProductType.takings`)."""

    def takings_waiting(self, *, limit: int) -> Sequence[Told]: ...
    def mark_collected(self, event_ids: Collection[UUID]) -> int: ...


class Collected(NamedTuple):
    """How many were booked now, and how many could not be."""

    booked: int
    left: int


def takes_money(organisation: Organisation) -> bool:
    """Whether its product takes money from customers."""
    return bool(settings.PRODUCTS[organisation.product].takings)


def collect_takings() -> int:
    """Collect from every workspace, read-only ones too; how many were booked. On the public schema; may be repeated."""
    booked = 0
    for organisation in live_organisations():
        if takes_money(organisation):
            with surviving(organisation, "takings"):
                booked += collect_from(organisation).booked
    return booked


def collect_from(organisation: Organisation) -> Collected:
    """Book what one workspace has told and nobody has collected. On the public schema, outside a transaction.

    Each event is committed here before it is marked there: killed in between, it is met again and found booked.
    """
    if not takes_money(organisation):
        return Collected(0, 0)
    till, tenant = cast("Till", import_module(settings.PRODUCTS[organisation.product].takings)), as_tenant(organisation)
    booked = 0
    while True:
        with tenant_context(tenant):
            waiting = till.takings_waiting(limit=BATCH)
        outcomes = {told.event_id: _booked(organisation, told) for told in waiting}
        known = [event_id for event_id, outcome in outcomes.items() if outcome is not None]
        booked += sum(bool(outcome) for outcome in outcomes.values())
        if known:
            with tenant_context(tenant):
                till.mark_collected(known)
        if len(waiting) < BATCH or not known:
            return Collected(booked, left=len(waiting) - len(known))


def _booked(organisation: Organisation, told: Told) -> bool | None:
    """Whether it was booked now or known already; None where it cannot be: the others are, and somebody has to look."""
    try:
        return book(organisation_id=organisation.pk, told=told)
    except (DataError, IntegrityError, ObjectDoesNotExist, ValueError):
        logger.exception("taking cannot be booked", tenant=organisation.schema_name, event_id=str(told.event_id))
        return None


def book(*, organisation_id: UUID, told: Told) -> bool:
    """Put one taking or refund into the books; False where it is there already.

    One transaction: locks the organisation's row, so that a statement is made before it or after it, never meanwhile.
    Raises Commission.DoesNotExist for a refund of an unknown sale, IntegrityError for more than was taken, ValueError for a
    currency that is not known.
    """
    with transaction.atomic():
        lock_books(organisation_id)
        mine = Commission.objects.filter(organisation_id=organisation_id)
        if mine.filter(event_id=told.event_id).exists():
            return False
        sale = mine.get(event_id=told.taken, kind=Kind.COLLECTED) if told.taken else None
        made = _refund_of(sale, told) if sale else _sale(told)
        made.organisation_id, made.event_id = organisation_id, told.event_id
        made.reference, made.occurred_at = told.reference, told.occurred_at
        made.save(force_insert=True)
        entries = ledger.commission_earned(
            made.method, gross=made.gross, commission=made.commission, is_ours=made.held_by == HeldBy.PLATFORM,
            organisation_id=organisation_id,
        )  # fmt: skip
        post(
            kind="commission",
            source=f"commission:{organisation_id.hex}:{told.event_id.hex}",
            document=told.reference[:40],
            entries=ledger.reversed_entries(entries) if sale else entries,
        )
        return True


def note_export(*, admin: Any, month: str) -> None:
    """An admin takes commissions along as a file: "2026-11", or "" for all. One entry of the log, in no transaction."""
    record(action="commission.exported", category=AuditCategory.PAYMENT, resource=admin, actor=admin, after={"month": month})  # fmt: skip


def lock_books(organisation_id: UUID) -> Organisation:
    """Lock an organisation's row for its commissions and statements until the transaction ends, closed ones too."""
    return Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=organisation_id)


def _sale(told: Told) -> Commission:
    gross = Money(told.gross_minor, told.currency)
    return Commission(
        kind=Kind.COLLECTED, method=told.method, held_by=told.held_by, currency=gross.currency, gross_minor=gross.minor,
        rate_bp=told.rate_bp, commission_minor=commission_on(gross, told.rate_bp).minor,
    )  # fmt: skip


def _refund_of(sale: Commission, told: Told) -> Commission:
    """Part of a sale given back; the sums on the sale are changed with it, under the lock of the books."""
    amount = Money(told.gross_minor, told.currency)
    back = reversal(
        sale.commission,
        gross=sale.gross,
        refunded=Money(sale.refunded_minor, sale.currency) + amount,
        reversed_before=Money(sale.reversed_minor, sale.currency),
    )
    Commission.objects.filter(pk=sale.pk).update(
        refunded_minor=F("refunded_minor") + amount.minor, reversed_minor=F("reversed_minor") + back.minor
    )
    return Commission(
        kind=Kind.REFUNDED, sale=sale, method=sale.method, held_by=sale.held_by, currency=amount.currency,
        gross_minor=amount.minor, rate_bp=sale.rate_bp, commission_minor=back.minor,
    )  # fmt: skip
