"""Catalogue imports: a file is sent, read by a worker, confirmed by a person, and applied by a worker.

Everything a worker does is in the database before it goes on, so one that is killed is continued where it was: by the next
slice, by whoever looks at the page, or by the sweeper. Order of locks: import, shop, then what products and stock lock.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.core.soon import send_soon
from shared_apps.organisations.current import current_tenant
from tenant_apps.store.models import CatalogueImport, ImportedProduct
from tenant_apps.store.models.imports import OPEN
from tenant_apps.store.rules.table_files import MAX_BYTES, check_is_table

KEPT = timedelta(days=30)
LEASE = timedelta(seconds=60)
MOST_TRIES = 5
Status = CatalogueImport.Status
Kind, State = ImportedProduct.Kind, ImportedProduct.State


@transaction.atomic
def start_import(*, key: uuid.UUID, file: BinaryIO, name: str, by: User, counts_stock: bool) -> CatalogueImport:
    """Keep a file that somebody sent, and have it read. One transaction; locks the import that is open.

    The same `key`, or a file that is being looked at already, gives the import that there is. One that only waits to be
    confirmed gives way. Raises DomainError (`file_too_big`, `file_empty`), BadTable (no table at all) and Conflict
    (`import_running`).
    """
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise DomainError("file_too_big", _("This file is larger than 10 MB. Send it in parts."), field="file")
    if not content:
        raise DomainError("file_empty", _("There is nothing in this file. Choose another one."), field="file")
    check_is_table(content)
    digest = hashlib.sha256(content).hexdigest()
    there = CatalogueImport.objects.filter(pk=key).first() or _make_room(digest, counts_stock=counts_stock, by=by)
    if there is not None:
        return there
    kept = default_storage.save(f"imports/{key}{_suffix(name)}", ContentFile(content))
    try:
        with transaction.atomic():
            batch = CatalogueImport.objects.create(
                pk=key, name=_short(name), file=kept, size=len(content), sha256=digest, locale=get_language() or "fr",
                counts_stock=counts_stock, created_by=by,
            )  # fmt: skip
    except IntegrityError:
        # Somebody sent one at the same moment.
        default_storage.delete(kept)
        return _the_other(key, digest)
    record(
        action="store.import.started", category=AuditCategory.CATALOGUE, resource=batch, actor=by,
        after={"name": batch.name, "size": batch.size, "sha256": digest},
    )  # fmt: skip
    transaction.on_commit(lambda: go_on(batch.pk))
    return batch


def _the_other(key: uuid.UUID, digest: str) -> CatalogueImport:
    there = CatalogueImport.objects.filter(Q(pk=key) | Q(status__in=OPEN)).first()
    if there is None or (there.pk != key and there.sha256 != digest):
        raise _running(there.name if there else "")
    return there


def _running(name: str) -> Conflict:
    message = _("“%(name)s” is at work. Wait until it is done, then send this file again.") % {"name": name}
    return Conflict("import_running", message, field="file")


def _suffix(name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    return suffix if suffix in (".csv", ".xlsx") else ""


def _make_room(digest: str, *, counts_stock: bool, by: User) -> CatalogueImport | None:
    """Drop the import that waits to be confirmed; the one that is open, where it is of the same file."""
    there = CatalogueImport.objects.select_for_update().filter(status__in=OPEN).first()
    if there is None:
        return None
    if there.sha256 == digest and there.counts_stock == counts_stock:
        return there
    if there.is_working:
        raise _running(there.name)
    _end(there, Status.DROPPED)
    record(action="store.import.dropped", category=AuditCategory.CATALOGUE, resource=there, actor=by)
    return None


def _short(name: str) -> str:
    """A file's name as it is shown: without its path and what cannot be kept."""
    clean = "".join(sign for sign in PurePath(name.replace("\\", "/")).name if sign.isprintable())
    return clean[-200:] or "catalogue"


@transaction.atomic
def confirm_import(*, batch: CatalogueImport, by: User, counts_stock: bool) -> CatalogueImport:
    """Have the good products of a file applied. One transaction; locks the import. Doing it again changes nothing.

    Without `counts_stock` its pieces are left out. Raises Conflict (`import_over`, `nothing_to_apply`).
    """
    batch = _locked(batch)
    if batch.status in (Status.APPLYING, Status.APPLIED):
        return batch
    if batch.status != Status.READY:
        raise Conflict("import_over", _("This file is not waiting to be applied any more. Send it again."))
    wanted = batch.items.filter(kind__in=[Kind.NEW, Kind.CHANGED])
    if not wanted.exists():
        raise Conflict("nothing_to_apply", _("There is nothing to apply: no product of this file is new or changed."))
    batch.status = Status.APPLYING
    batch.confirmed_by, batch.confirmed_at = by, timezone.now()
    batch.counts_stock = batch.counts_stock and counts_stock
    batch.tries = 0
    batch.save()
    record(
        action="store.import.confirmed", category=AuditCategory.CATALOGUE, resource=batch, actor=by,
        after={"name": batch.name, "products": wanted.count()},
    )  # fmt: skip
    transaction.on_commit(lambda: go_on(batch.pk))
    return batch


@transaction.atomic
def drop_import(*, batch: CatalogueImport, by: User) -> CatalogueImport:
    """Apply nothing of a file. One transaction; locks the import. Raises Conflict (`import_running`) once it is being applied."""
    batch = _locked(batch)
    if batch.status == Status.APPLYING:
        raise Conflict("import_running", _("It is being applied already, and goes on to its end."))
    if batch.status in OPEN:
        _end(batch, Status.DROPPED)
        record(action="store.import.dropped", category=AuditCategory.CATALOGUE, resource=batch, actor=by)
    return batch


def _locked(batch: CatalogueImport) -> CatalogueImport:
    return CatalogueImport.objects.select_for_update().get(pk=batch.pk)


def _end(batch: CatalogueImport, status: str, *, problem: str = "") -> None:
    """Close a locked import."""
    batch.status, batch.problem, batch.ended_at = status, problem[:500], timezone.now()
    batch.worker = batch.leased_until = None
    batch.save()


# A worker's hold on an import.


@transaction.atomic
def claim(*, batch_id: uuid.UUID) -> CatalogueImport | None:
    """Take what has to be done on an import, for a worker; None where another has it or nothing is to be done. One transaction;
    locks the import. One that was taken up too often without coming forward has failed."""
    batch = CatalogueImport.objects.select_for_update().filter(pk=batch_id).first()
    now = timezone.now()
    if batch is None or not batch.is_working or (batch.leased_until and batch.leased_until > now):
        return None
    if batch.tries >= MOST_TRIES:
        _fail(batch)
        return None
    batch.worker, batch.leased_until, batch.tries = uuid.uuid4(), now + LEASE, batch.tries + 1
    batch.save(update_fields=["worker", "leased_until", "tries"])
    return batch


def _fail(batch: CatalogueImport) -> None:
    if batch.status == Status.READING:
        text = _("This file could not be read to its end. Nothing was changed. Send it in parts.")
    else:
        text = _("The import stopped before its end. What was applied stays; send the file again for the rest.")
    _end(batch, Status.FAILED, problem=text)


def hold_on(batch: CatalogueImport) -> bool:
    """Lock an import for the transaction of a step, and keep it for its worker, who comes forward; False where somebody else
    has it now."""
    until = timezone.now() + LEASE
    held = CatalogueImport.objects.filter(pk=batch.pk, worker=batch.worker, status=batch.status)
    return bool(held.update(leased_until=until, tries=0))


def let_go(batch: CatalogueImport) -> None:
    """Leave an import to the next worker. One guarded UPDATE."""
    held = CatalogueImport.objects.filter(pk=batch.pk, worker=batch.worker)
    held.update(worker=None, leased_until=None)


@transaction.atomic
def end_import(*, batch: CatalogueImport, status: str, problem: str = "") -> None:
    """Close an import that its worker is done with. One transaction; locks it. Nothing where somebody else has it."""
    current = _locked(batch)
    if current.worker != batch.worker or current.status != batch.status:
        return
    _end(current, status, problem=problem)
    if status == Status.APPLIED:
        done = current.items.filter(kind__in=[Kind.NEW, Kind.CHANGED])
        record(
            action="store.import.applied", category=AuditCategory.CATALOGUE, resource=current, actor=current.confirmed_by,
            after={"name": current.name, "products": done.filter(state=State.DONE).count(),
                   "refused": done.filter(state=State.REFUSED).count()},
        )  # fmt: skip


def go_on(batch_id: uuid.UUID) -> None:
    """Have a worker go on with an import soon."""
    from tenant_apps.store.tasks import work_on_import

    send_soon(work_on_import, str(batch_id), expires=LEASE.total_seconds())


def nudge(batch: CatalogueImport) -> None:
    """Have it continued where its worker has died: for the page that somebody looks at."""
    if batch.is_working and (batch.leased_until is None or batch.leased_until < timezone.now()):
        go_on(batch.pk)


def sweep_imports(*, now: datetime | None = None) -> int:
    """Have imports continued that no worker has, and forget old ones with their files; how many are continued. For beat."""
    moment = now or timezone.now()
    if current_tenant().is_suspended:
        return 0
    working = CatalogueImport.objects.filter(status__in=[Status.READING, Status.APPLYING])
    waiting = [one for one in working if one.leased_until is None or one.leased_until < moment]
    for one in waiting:
        go_on(one.pk)
    for old in CatalogueImport.objects.filter(ended_at__lt=moment - KEPT)[:20]:
        forget_import(batch=old)
    return len(waiting)


@transaction.atomic
def forget_import(*, batch: CatalogueImport) -> None:
    """Delete an import that is over, its file after commit. What it changed has its own entries. One transaction."""
    name = batch.file.name
    batch.delete()
    if name:
        transaction.on_commit(lambda: default_storage.delete(name))
