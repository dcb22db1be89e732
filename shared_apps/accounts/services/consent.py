"""What people agree to, and take back."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from shared_apps.accounts.models import Consent, User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.request_info import request_info

# The texts as they are now. A new wording gets a new version; what people agreed to before keeps its own.
VERSIONS = {
    Consent.Document.TERMS: "2026-11",
    Consent.Document.PRIVACY: "2026-11",
    Consent.Document.MARKETING: "2026-11",
}


def note_consents(*, user: User, marketing: bool) -> dict[str, str]:
    """Note that somebody accepted terms and privacy notice, and news where they want them; documents and versions.

    Part of the caller's transaction, which holds the person's row and writes the audit entry. An open consent to the
    same version stays as it is.
    """
    documents = [Consent.Document.TERMS, Consent.Document.PRIVACY]
    if marketing:
        documents.append(Consent.Document.MARKETING)
    for document in documents:
        _give(user, document)
    return {document.value: VERSIONS[document] for document in documents}


@transaction.atomic
def set_marketing(*, user: User, wanted: bool) -> None:
    """Agree to receive news, or take it back. One transaction that locks the person's row; repeating it changes nothing."""
    User.objects.select_for_update().get(pk=user.pk)
    before = user.consents.filter(document=Consent.Document.MARKETING, withdrawn_at__isnull=True).exists()
    if before == wanted:
        return
    if wanted:
        _give(user, Consent.Document.MARKETING)
    else:
        _withdraw(user, Consent.Document.MARKETING)
    record(
        action="consent.given" if wanted else "consent.withdrawn",
        category=AuditCategory.USER,
        resource=user,
        actor=user,
        before={"marketing": before},
        after={"marketing": wanted},
    )


def _give(user: User, document: Consent.Document) -> None:
    version = VERSIONS[document]
    if user.consents.filter(document=document, version=version, withdrawn_at__isnull=True).exists():
        return
    _withdraw(user, document)
    Consent.objects.create(user=user, document=document, version=version, ip=request_info().ip)


def _withdraw(user: User, document: Consent.Document) -> None:
    user.consents.filter(document=document, withdrawn_at__isnull=True).update(withdrawn_at=timezone.now())
