"""Bank statements: looked at, imported once, and what becomes of the lines that pay nothing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import gateways
from billing.models import BankStatement, StatementLine
from billing.services.verdicts import move_line
from billing.statement_texts import explain_bad
from billing.statements.detect import MAX_BYTES, read_statement
from billing.statements.entries import BadStatement, Statement, StatementEntry, clean, clean_account
from shared_apps.accounts.admins import is_platform_admin
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError, NotAllowed

Status = StatementLine.Status


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds: movements that would be new, how many are known, how much went out; and codes of warnings."""

    statement: Statement
    new: tuple[StatementEntry, ...]
    known_count: int
    out_count: int
    warnings: tuple[str, ...]


def keep_statement(*, upload: UploadedFile, currency: str, admin: Any) -> BankStatement:
    """Keep a file of our bank to look at before it is imported. `currency` is empty where the file names its own.

    The file is written before the one INSERT. Raises NotAllowed, and DomainError on `file` or `currency`.
    """
    _check_admin(admin)
    if (upload.size or 0) > MAX_BYTES:
        raise _bad(BadStatement("too_big"))
    content = upload.read(MAX_BYTES + 1)
    account = our_account()
    try:
        read = read_statement(content, currency=currency or None, account=account)
    except BadStatement as problem:
        raise _bad(problem) from None
    path = default_storage.save(f"statements/{uuid.uuid4().hex}", ContentFile(content))
    name = clean(PurePath(upload.name or "").name, limit=120)
    with transaction.atomic():
        kept = BankStatement.objects.create(
            file=path, file_name=name or _("Statement"), account=account, currency=read.currency, uploaded_by=admin
        )
        record(action="statement.uploaded", category=AuditCategory.PAYMENT, resource=kept, actor=admin,
               after={"file": name, "currency": read.currency, "movements": len(read.entries)})  # fmt: skip
    return kept


def contents_of(statement: BankStatement) -> Contents:
    """Read a kept file again, and tell what is known of it. One query."""
    with statement.file.open("rb") as file:
        read = read_statement(file.read(), currency=statement.currency, account=statement.account)
    incoming = [entry for entry in read.entries if entry.amount.minor > 0]
    known = set(
        StatementLine.objects.filter(
            account=statement.account, dedupe_key__in=[entry.dedupe_key for entry in incoming]
        ).values_list("dedupe_key", flat=True)
    )
    new = tuple(entry for entry in incoming if entry.dedupe_key not in known)
    named = clean_account(read.account)
    other = bool(named) and named not in statement.account and statement.account not in named
    return Contents(
        statement=read, new=new, known_count=len(incoming) - len(new), out_count=len(read.entries) - len(incoming),
        warnings=(*read.warnings, *(("other_account",) if other else ())),
    )  # fmt: skip


def import_statement(*, statement: BankStatement, admin: Any) -> int:
    """Take a file's incoming movements in; how many were new. One that an earlier file brought is not taken again.

    One transaction: a guarded UPDATE, so that it happens once; files that overlap meet in the lines' unique key. Raises
    NotAllowed and Conflict.
    """
    _check_admin(admin)
    contents = contents_of(statement)
    with transaction.atomic():
        moved = BankStatement.objects.filter(pk=statement.pk, imported_at__isnull=True).update(
            imported_by=admin, imported_at=timezone.now()
        )
        if not moved:
            raise Conflict("statement_imported", _("This statement has been imported already."))
        # In one order everywhere: two files that overlap wait for each other's lines and never in a circle.
        lines = sorted((_line(statement, entry) for entry in contents.new), key=lambda line: line.dedupe_key)
        StatementLine.objects.bulk_create(lines, ignore_conflicts=True)
        new = StatementLine.objects.filter(statement=statement).count()
        known = contents.known_count + len(lines) - new
        BankStatement.objects.filter(pk=statement.pk).update(known_count=known)
        record(action="statement.imported", category=AuditCategory.PAYMENT, resource=statement, actor=admin,
               before={"imported": False}, after={"imported": True, "new": new, "known": known})  # fmt: skip
    return new


def ignore_line(*, line: StatementLine, admin: Any, reason: str) -> None:
    """A movement pays nothing of ours. One transaction, guarded UPDATE. Raises NotAllowed, Conflict, DomainError on `reason`."""
    _check_admin(admin)
    words = clean(reason, limit=300)
    if not words:
        raise DomainError("reason_required", _("Say why, so that your colleagues know."), field="reason")
    with transaction.atomic():
        move_line(line, before=Status.OPEN, to=Status.IGNORED, actor=admin, ignored_by=admin, ignored_reason=words)


def restore_line(*, line: StatementLine, admin: Any) -> None:
    """An ignored movement waits again. One transaction, guarded UPDATE. Raises NotAllowed and Conflict."""
    _check_admin(admin)
    with transaction.atomic():
        move_line(line, before=Status.IGNORED, to=Status.OPEN, actor=admin, ignored_by=None, ignored_reason="")


def note_line(*, line: StatementLine, admin: Any, note: str) -> None:
    """What admins tell one another about a movement. One transaction. Raises NotAllowed."""
    _check_admin(admin)
    words = clean(note, limit=300)
    with transaction.atomic():
        StatementLine.objects.filter(pk=line.pk).update(note=words)
        record(action="statement_line.noted", category=AuditCategory.PAYMENT, resource=line, actor=admin,
               before={"note": line.note}, after={"note": words})  # fmt: skip


def our_account() -> str:
    """The account payers are told, as movements are kept by it."""
    return clean_account(gateways.gateway(gateways.BANK_TRANSFER).account)


def _line(statement: BankStatement, entry: StatementEntry) -> StatementLine:
    return StatementLine(
        statement=statement, account=statement.account, dedupe_key=entry.dedupe_key, booked_on=entry.booked_on,
        amount_minor=entry.amount.minor, currency=entry.amount.currency, text=entry.text,
        counterparty_name=entry.counterparty_name, counterparty_account=entry.counterparty_account,
        bank_ref=entry.bank_ref, named_account=entry.account,
    )  # fmt: skip


def _check_admin(admin: Any) -> None:
    if not is_platform_admin(admin):
        raise NotAllowed("admins_only", _("Only platform admins may do this."))


def _bad(problem: BadStatement) -> DomainError:
    field = "currency" if problem.code in ("no_currency", "other_currency") else "file"
    return DomainError(f"statement_{problem.code}", explain_bad(problem), field=field)
