"""Entering a workspace from the platform without a second log-in.

A token is signed, lives 60 seconds, names one host, one tenant and one account there, and is redeemed once: the tenant's own
table of used tokens has it as primary key.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth import login
from django.core.signing import BadSignature, TimestampSigner
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.impersonation import begin_session, forget_session
from shared_apps.accounts.models import HandoverUse, LoginAttempt, User
from shared_apps.accounts.services.attempts import record_attempt
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import tenant_url
from shared_apps.core.errors import NotAllowed
from shared_apps.core.way_back import is_path

LIFETIME = timedelta(seconds=60)
_signer = TimestampSigner(salt="accounts.handover")


@dataclass(frozen=True, slots=True)
class Entry:
    """Who came in, and the page they asked for: an address of this workspace, or ""."""

    user: User
    next_path: str


def handover_url(
    *, account_id: uuid.UUID, tenant: Any, next_path: str = "", impersonation: uuid.UUID | None = None
) -> str:
    """Where the platform sends somebody to enter a tenant as the account `account_id` of that tenant.

    The caller has checked that they may. `next_path` is a path of the workspace; `impersonation` marks the visit as one.
    """
    payload = {"id": str(uuid.uuid4()), "account": str(account_id), "tenant": str(tenant.pk)}
    payload |= {"host": tenant.primary_host, "next": safe_path(next_path)}
    if impersonation:
        payload["impersonation"] = str(impersonation)
    return tenant_url(tenant.primary_host, f"/enter/{_signer.sign_object(payload)}/")


def redeem_handover(*, request: HttpRequest, token: str) -> Entry:
    """Log the bearer in on this tenant. One transaction for the token's single use; raises NotAllowed."""
    try:
        payload = _signer.unsign_object(token, max_age=LIFETIME)
    except BadSignature:
        raise _refused() from None
    tenant = request.tenant  # type: ignore[attr-defined]  # set by TenantMiddleware
    if payload["tenant"] != str(tenant.pk) or payload["host"] != tenant.host:
        raise _refused()
    # Whoever lost their seat in this minute is no longer staff.
    user = User.objects.filter(pk=payload["account"], is_active=True, is_staff=True).first()
    if user is None:
        raise _refused()
    impersonation = payload.get("impersonation")
    method = LoginAttempt.Method.HANDOVER
    try:
        with transaction.atomic():
            HandoverUse.objects.create(token_id=uuid.UUID(payload["id"]))
            if not impersonation:
                record(action="account.entered", category=AuditCategory.SECURITY, resource=user, actor=user)
    except IntegrityError:
        if not impersonation:
            record_attempt(email=user.email, method=method, user=user, reason=LoginAttempt.Reason.REFUSED)
        raise _refused() from None
    if impersonation:
        begin_session(request, user=user, impersonation=impersonation)
    else:
        record_attempt(email=user.email, method=method, user=user)
        forget_session(request)
        login(request, user)
    return Entry(user, safe_path(payload["next"]))


def safe_path(path: str) -> str:
    """A path of the same host, or "" for anything else."""
    return path if is_path(path) and not path.startswith("/enter/") else ""


def _refused() -> NotAllowed:
    return NotAllowed(
        "handover_refused",
        _("This link has been used or is too old. Go back to your organisation's page and open the workspace again."),
    )
