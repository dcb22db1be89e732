"""How people get an account here and sign in: what an organisation chose."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import AccountRules, SignInProvider, User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError
from shared_apps.core.secrets import decrypt, encrypt
from shared_apps.core.tenancy import connection

YOUNGEST, OLDEST = 13, 99


@transaction.atomic
def save_rules(*, registration_open: bool, minimum_age: int | None, languages_required: bool, by: User) -> AccountRules:
    """Keep the rules for new accounts. One transaction; the one row is locked. Raises DomainError on `minimum_age`."""
    if minimum_age is not None and not YOUNGEST <= minimum_age <= OLDEST:
        message = _("The age must be between %(youngest)s and %(oldest)s.") % {"youngest": YOUNGEST, "oldest": OLDEST}
        raise DomainError("age_range", message, field="minimum_age")
    AccountRules.objects.bulk_create([AccountRules()], ignore_conflicts=True)
    rules = AccountRules.objects.select_for_update().get()
    before = _as_dict(rules)
    rules.registration_open, rules.minimum_age = registration_open, minimum_age
    rules.languages_required = languages_required
    rules.save()
    record(
        action="account_rules.changed", category=AuditCategory.SECURITY, resource=rules, actor=by, before=before,
        after=_as_dict(rules),
    )  # fmt: skip
    return rules


def _as_dict(rules: AccountRules) -> dict[str, object]:
    return {
        "registration_open": rules.registration_open,
        "minimum_age": rules.minimum_age,
        "languages_required": rules.languages_required,
    }


@transaction.atomic
def save_provider(*, provider: str, client_id: str, secret: str, is_active: bool, by: User) -> SignInProvider:
    """Keep an organisation's keys at a provider. One transaction that locks the provider's row.

    An empty secret keeps the one there is. The secret is sealed for this schema and provider, and never read back but to
    sign somebody in. Raises DomainError on `secret`.
    """
    row = SignInProvider.objects.select_for_update().filter(provider=provider).first()
    before = {"client_id": row.client_id, "is_active": row.is_active} if row else {}
    if row is None:
        if not secret:
            raise DomainError("secret_required", _("Paste the secret of your app."), field="secret")
        row = SignInProvider(provider=provider)
    row.client_id, row.is_active, row.updated_at = client_id, is_active, timezone.now()
    if secret:
        row.secret_ciphertext = encrypt(secret, place=_place(provider))
    row.save()
    record(
        action="sign_in_provider.changed",
        category=AuditCategory.SECURITY,
        resource=row,
        actor=by,
        before=before,
        after={"provider": provider, "client_id": client_id, "is_active": is_active, "new_secret": bool(secret)},
    )
    return row


def open_secret(row: SignInProvider) -> str:
    """The secret in clear, for the provider only."""
    return decrypt(row.secret_ciphertext, place=_place(row.provider))


def place_of_secret(row: SignInProvider) -> str:
    """What a row's secret is sealed for: the rotation of keys asks."""
    return _place(row.provider)


def _place(provider: str) -> str:
    """A secret opens in its own schema, model, field and row only; there is one row a provider."""
    return f"{connection.schema_name}/accounts.SignInProvider/secret/{provider}"
