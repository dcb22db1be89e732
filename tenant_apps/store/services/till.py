"""Registers and their sessions: opened with a count of the drawer, closed with another. Sales are in `till_sales`.

Everything that changes the money of a session locks its row first; order of locks: session, order, levels by id, products,
the day of the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import changes, record
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.store.models import CashMove, Location, Register, TillSession, TillTask
from tenant_apps.store.rules.till_payload import MOST_MINOR
from tenant_apps.store.selectors.drawer import drawer_of
from tenant_apps.store.services.form_keys import key_used, made_once
from tenant_apps.store.services.shop import lock_shop

LONGEST_REASON = 200  # letters; what `CashMove.reason` holds


@dataclass(frozen=True, slots=True)
class RegisterDetails:
    """What staff type about a till."""

    name: str
    location: Location
    is_active: bool = True


@transaction.atomic
def create_register(*, details: RegisterDetails) -> Register:
    """Add a till. Locks the shop; one transaction. Raises DomainError (`name_taken`)."""
    lock_shop()
    _check_name_free(details.name)
    register = Register.objects.create(name=details.name, location=details.location, is_active=details.is_active)
    _record_register("store.register.created", register, after=_register_facts(register))
    return register


@transaction.atomic
def change_register(*, register: Register, details: RegisterDetails) -> Register:
    """Change a till. Locks the shop, then the till as `open_session` does; one transaction. Raises DomainError (`name_taken`)
    and Conflict (`session_open`) where it is to be put away or moved while it is open."""
    lock_shop()
    register = Register.objects.select_for_update(no_key=True).get(pk=register.pk)
    before = _register_facts(register)
    _check_name_free(details.name, but=register)
    moves = details.location.pk != register.location_id or not details.is_active
    if moves and register.sessions.filter(closed_at=None).exists():
        raise Conflict("session_open", _("This till is open. Close it first."))
    register.name, register.location, register.is_active = details.name, details.location, details.is_active
    register.save(update_fields=["name", "location", "is_active"])
    after = _register_facts(register)
    if before != after:
        _record_register("store.register.changed", register, **changes(before, after))
    return register


def _check_name_free(name: str, *, but: Register | None = None) -> None:
    others = Register.objects.filter(name__iexact=name)
    if but is not None:
        others = others.exclude(pk=but.pk)
    if others.exists():
        raise DomainError("name_taken", _("Another till has this name already."), field="name")


def _register_facts(register: Register) -> dict[str, Any]:
    return {"name": register.name, "location": register.location_id, "is_active": register.is_active}


def _record_register(action: str, register: Register, **facts: Any) -> None:
    record(action=action, category=AuditCategory.SETTINGS, resource=register, **facts)


@transaction.atomic
def open_session(*, register: Register, key: UUID, opening_minor: int, by: User) -> TillSession:
    """Open a till with so much counted in its drawer. The same `key` again returns the session already opened.

    Locks the register's row; one transaction, and the database allows one open session per register. Raises Conflict
    (`session_open`, `register_inactive`, `key_used`) and DomainError (`amount_invalid`).
    """
    _check_amount(opening_minor, least=0, field="opening_minor")
    register = Register.objects.select_for_update(no_key=True).get(pk=register.pk)
    made = TillSession.objects.filter(pk=key).first()
    if made:
        if (made.register_id, made.opening_minor) != (register.pk, opening_minor):
            raise key_used()
        return made
    if not register.is_active:
        raise Conflict("register_inactive", _("This till is no longer used. Choose another one."))
    if register.sessions.filter(closed_at=None).exists():
        raise Conflict("session_open", _("This till is open already."))
    values = {"register": register, "opened_by": by, "opening_minor": opening_minor}
    session: TillSession = made_once(TillSession, key, values)
    after = {"register": register.name, "opening_minor": opening_minor}
    record(action="store.till.opened", category=AuditCategory.PAYMENT, resource=session, actor=by, after=after)
    return session


@transaction.atomic
def move_cash(*, session_id: UUID, key: UUID, amount_minor: int, reason: str, by: User) -> CashMove:
    """Put cash into the drawer, or take it out (below zero). The same `key` again returns the move already noted.

    Locks the session; one transaction. Raises Conflict (`session_closed`, `key_used`) and DomainError (`amount_invalid`,
    `reason_missing`, `reason_long`, `cash_missing` where more is taken than should be there).
    """
    _check_amount(abs(amount_minor), least=1, field="amount_minor")
    reason = _checked_reason(reason)
    session = lock_session(session_id)
    made = CashMove.objects.filter(pk=key).first()
    if made:
        if (made.session_id, made.amount_minor, made.reason) != (session.pk, amount_minor, reason):
            raise key_used()
        return made
    check_session_open(session)
    check_cash_there(session, -amount_minor)
    values = {"session": session, "amount_minor": amount_minor, "reason": reason, "actor": by}
    move: CashMove = made_once(CashMove, key, values)
    after = {"amount_minor": amount_minor, "reason": move.reason}
    record(action="store.till.cash_moved", category=AuditCategory.PAYMENT, resource=session, actor=by, after=after)
    return move


def _checked_reason(typed: str) -> str:
    reason = typed.strip()
    if not reason:
        raise DomainError("reason_missing", _("Say why: it stands in the history."), field="reason")
    if len(reason) > LONGEST_REASON:
        text = _("At most %(most)s characters; here are %(there)s.") % {"most": LONGEST_REASON, "there": len(reason)}
        raise DomainError("reason_long", text, field="reason")
    return reason


@transaction.atomic
def close_session(*, session_id: UUID, counted_minor: int, unsent: int, note: str = "", by: User) -> TillSession:
    """Close a till with so much counted in its drawer; its `difference_minor` says what is missing (below zero) or too much.

    `unsent` is how many sales the device says it still has to send: closing waits for them. Locks the session: a sale that
    is being made comes before or finds it closed. One transaction. Closing again with the same count changes nothing; with
    another, Conflict (`session_closed`). Raises Conflict (`sales_unsent`) and DomainError (`amount_invalid`).
    """
    _check_amount(counted_minor, least=0, field="counted_minor")
    if unsent:
        text = ngettext(
            "%(count)s sale on this device is not sent yet. Wait until it is, then close the till.",
            "%(count)s sales on this device are not sent yet. Wait until they are, then close the till.",
            unsent,
        )
        raise Conflict("sales_unsent", text % {"count": unsent})
    session = lock_session(session_id)
    if not session.is_open and session.counted_minor == counted_minor:
        return session
    check_session_open(session)
    session.expected_minor = drawer_of(session).sum_minor
    session.counted_minor = counted_minor
    session.difference_minor = counted_minor - session.expected_minor
    session.closed_at, session.closed_by, session.note = timezone.now(), by, note.strip()[:300]
    session.save()
    record(action="store.till.closed", category=AuditCategory.PAYMENT, resource=session, actor=by,
           after={"counted_minor": counted_minor, "expected_minor": session.expected_minor,
                  "difference_minor": session.difference_minor, "note": session.note})  # fmt: skip
    return session


def note_late_money(*, session: TillSession) -> None:
    """Count the drawer of a closed session anew after a sale that arrived late. In the transaction that holds its lock."""
    before = {"expected_minor": session.expected_minor, "difference_minor": session.difference_minor}
    assert session.counted_minor is not None, "only a closed session"
    session.expected_minor = drawer_of(session).sum_minor
    session.difference_minor = session.counted_minor - session.expected_minor
    session.save(update_fields=["expected_minor", "difference_minor"])
    after = {"expected_minor": session.expected_minor, "difference_minor": session.difference_minor}
    record(action="store.till.late_sale", category=AuditCategory.PAYMENT, resource=session, before=before, after=after)


@transaction.atomic
def settle_task(*, task: TillTask, note: str, by: User) -> TillTask:
    """Say that a task was looked at. Locks it; one transaction. Doing it again changes nothing."""
    task = TillTask.objects.select_for_update().get(pk=task.pk)
    if task.done_at is not None:
        return task
    task.done_at, task.done_by, task.note = timezone.now(), by, note.strip()[:300]
    task.save(update_fields=["done_at", "done_by", "note"])
    record(action="store.till.settled", category=AuditCategory.ORDER, resource=task, actor=by,
           after={"kind": task.kind, "sale": task.sale_id, "note": task.note})  # fmt: skip
    return task


def lock_session(session_id: UUID) -> TillSession:
    """The session as it is now, its row locked until the transaction ends. Raises Conflict (`session_unknown`)."""
    session = TillSession.objects.select_for_update().filter(pk=session_id).first()
    if session is None:
        raise Conflict("session_unknown", _("This till was not opened here. Open it first."), field="session")
    return session


def check_session_open(session: TillSession) -> None:
    """Raise Conflict (`session_closed`) where it is closed. Needs its lock."""
    if not session.is_open:
        raise Conflict("session_closed", _("This till was closed meanwhile. Open it again first."), field="session")


def check_cash_there(session: TillSession, amount_minor: int) -> None:
    """Raise where so much cash cannot be taken out of a drawer, because it should not be there. Needs the session's lock."""
    if amount_minor > 0 and drawer_of(session).sum_minor < amount_minor:
        text = _("There is not that much cash in the till. Count it, or put cash in first.")
        raise DomainError("cash_missing", text, field="amount_minor")


def _check_amount(minor: int, *, least: int, field: str) -> None:
    if not least <= minor <= MOST_MINOR:
        raise DomainError("amount_invalid", _("Enter an amount in digits, for example 25 000."), field=field)
