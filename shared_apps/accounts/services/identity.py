"""Identity checks: sent by a person, decided by another, forgotten in time."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import IdentityCheck, User
from shared_apps.accounts.selectors import is_identity_proved
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import check_rate
from shared_apps.core.uploads import MAX_BYTES, BadUpload, Scrubbed, scrub
from shared_apps.notifications.services import notify_by_email

KEPT_AFTER_DECISION = timedelta(days=30)
DEFAULT_MONTHS = 12
MAX_MONTHS = 60
# A new check may be sent this long before an approval ends.
RENEW_BEFORE = timedelta(days=30)


def submit_check(*, user: User, document_type: str, document: UploadedFile, selfie: UploadedFile) -> IdentityCheck:
    """Keep a document and a selfie, scrubbed, and put them before the reviewers.

    The files are written first and deleted when the row cannot be: one transaction, and a person has one waiting check by
    constraint. Raises DomainError on `document` or `selfie`.
    """
    check_rate(action="identity", who=here(user.pk), limit=10, seconds=3600)
    if is_identity_proved(user, today=timezone.localdate() + RENEW_BEFORE):
        raise Conflict("identity_proved", _("Your identity is confirmed already."))
    papers = _scrubbed(document, field="document"), _scrubbed(selfie, field="selfie", picture=True)
    names = [_keep(paper) for paper in papers]
    try:
        with transaction.atomic():
            check = IdentityCheck.objects.create(
                user=user, document_type=document_type, document_file=names[0], selfie_file=names[1]
            )
            record(
                action="identity.submitted", category=AuditCategory.SECURITY, resource=check, actor=user,
                after={"document_type": document_type},
            )  # fmt: skip
    except IntegrityError:
        delete_files(names)
        raise Conflict("identity_waiting", _("A check of yours waits already. You will hear from us.")) from None
    return check


def decide_check(
    *, check: IdentityCheck, by: User, approved: bool, comment: str = "", months: int = DEFAULT_MONTHS
) -> None:
    """Approve a check for some months, or reject it with a comment, and tell the person.

    One transaction and a guarded UPDATE: of two decisions the first counts. Raises NotAllowed for one's own check,
    Conflict when it is decided, DomainError on `comment` or `months`.
    """
    if check.user_id == by.pk:
        raise NotAllowed("own_check", _("Nobody decides their own check. Ask a colleague."))
    comment = comment.strip()
    if not approved and not comment:
        raise DomainError("comment_required", _("Say why: the person reads it."), field="comment")
    if not 1 <= months <= MAX_MONTHS:
        message = _("Between 1 and %(most)s months.") % {"most": MAX_MONTHS}
        raise DomainError("months_range", message, field="months")
    status = IdentityCheck.Status.APPROVED if approved else IdentityCheck.Status.REJECTED
    expires = (timezone.localdate() + timedelta(days=round(months * 30.44))) if approved else None
    with transaction.atomic():
        decided = IdentityCheck.objects.filter(pk=check.pk, status=IdentityCheck.Status.PENDING).update(
            status=status, comment=comment, decided_by=by, decided_at=timezone.now(), expires_on=expires
        )
        if not decided:
            raise Conflict("identity_decided", _("Somebody has decided this check meanwhile."))
        after = {"status": status, "comment": comment, "expires_on": str(expires or "")}
        record(
            action="identity.approved" if approved else "identity.rejected", category=AuditCategory.SECURITY, resource=check, actor=by,
            before={"status": IdentityCheck.Status.PENDING}, after=after,
        )  # fmt: skip
        notify_by_email(
            key=f"identity:{check.pk}",
            template="identity_decided",
            recipient=check.user.email,
            locale=check.user.locale,
            context={"name": check.user.get_short_name(), "approved": approved, "comment": comment},
        )


def purge_identity_files(*, limit: int = 500) -> int:
    """Delete the files of checks decided a while ago; returns of how many. One transaction a check; the rows stay."""
    before = timezone.now() - KEPT_AFTER_DECISION
    due = IdentityCheck.objects.filter(decided_at__lt=before).exclude(document_file="", selfie_file="")
    purged = 0
    for check in due.order_by("decided_at")[:limit]:
        delete_files([check.document_file, check.selfie_file])
        with transaction.atomic():
            IdentityCheck.objects.filter(pk=check.pk).update(document_file="", selfie_file="")
            record(action="identity.files_deleted", category=AuditCategory.SECURITY, resource=check)
        purged += 1
    return purged


def delete_files(names: list[str]) -> None:
    """Delete files of this schema; those that are gone are no trouble."""
    for name in names:
        if name:
            default_storage.delete(name)


def _keep(paper: Scrubbed) -> str:
    return default_storage.save(f"identity/{uuid.uuid4().hex}.{paper.extension}", ContentFile(paper.content))


def _scrubbed(upload: UploadedFile, *, field: str, picture: bool = False) -> Scrubbed:
    if (upload.size or 0) > MAX_BYTES:
        raise _refused("too_big", field)
    try:
        paper = scrub(upload.read(MAX_BYTES + 1))
    except BadUpload as problem:
        raise _refused(problem.code, field) from None
    if picture and paper.extension != "jpg":
        raise DomainError("not_a_picture", _("Send a photo: JPEG, PNG or WebP."), field=field)
    return paper


def _refused(code: str, field: str) -> DomainError:
    if code in ("too_big", "too_many_pixels", "too_many_pages"):
        return DomainError(code, _("This file is too large. Send one of at most 5 MB."), field=field)
    if code == "active_content":
        return DomainError(code, _("This PDF contains more than a document. Send a photo of it instead."), field=field)
    if code == "encrypted":
        return DomainError(code, _("This PDF asks for a password. Send a photo of the document instead."), field=field)
    return DomainError(code, _("This file cannot be read. Send a photo, or a PDF of the document."), field=field)
