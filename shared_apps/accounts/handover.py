"""Entering a workspace from the platform without a second log-in.

A token is signed, lives 60 seconds, names one host and one tenant, and is redeemed once: the tenant's own table of used
tokens has it as primary key.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth import login
from django.core.signing import BadSignature, TimestampSigner
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import HandoverUse, LoginAttempt, User
from shared_apps.accounts.services.attempts import record_attempt
from shared_apps.audit.services import record
from shared_apps.core.context import tenant_url
from shared_apps.core.errors import NotAllowed

LIFETIME = timedelta(seconds=60)
_signer = TimestampSigner(salt="accounts.handover")


def handover_url(*, user: Any, tenant: Any) -> str:
    """Where the platform sends its user to enter a tenant; the caller has checked that the user belongs there."""
    token = _signer.sign_object(
        {"id": str(uuid.uuid4()), "user": str(user.pk), "tenant": str(tenant.pk), "host": tenant.primary_host}
    )
    return tenant_url(tenant.primary_host, f"/enter/{token}/")


def redeem_handover(*, request: HttpRequest, token: str) -> User:
    """Log the bearer in on this tenant. One transaction for the token's single use; raises NotAllowed."""
    try:
        payload = _signer.unsign_object(token, max_age=LIFETIME)
    except BadSignature:
        raise _refused() from None
    tenant = request.tenant  # type: ignore[attr-defined]  # set by TenantMiddleware
    if payload["tenant"] != str(tenant.pk) or payload["host"] != tenant.host:
        raise _refused()
    user = User.objects.filter(platform_user_id=payload["user"], is_active=True).first()
    if user is None:
        raise _refused()
    method = LoginAttempt.Method.HANDOVER
    try:
        with transaction.atomic():
            HandoverUse.objects.create(token_id=uuid.UUID(payload["id"]))
            record(action="account.entered", category="security", resource=user, actor=user)
    except IntegrityError:
        record_attempt(email=user.email, method=method, user=user, reason=LoginAttempt.Reason.REFUSED)
        raise _refused() from None
    record_attempt(email=user.email, method=method, user=user)
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return user


def _refused() -> NotAllowed:
    return NotAllowed(
        "handover_refused",
        _("This link has been used or is too old. Go back to your organisation's page and open the workspace again."),
    )
