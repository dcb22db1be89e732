"""Setting up the ways to pay."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.providers.base import ProviderRefused
from billing.providers.stripe_api import LIVE_KEYS, TEST_KEYS
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError
from tenant_apps.payments.gateways import gateway
from tenant_apps.payments.keys import SETUPS, secret_names
from tenant_apps.payments.models import Method
from tenant_apps.payments.sealing import open_secrets, seal_secrets
from tenant_apps.payments.services.health import UNTROUBLED, ask_provider


@transaction.atomic
def save_method(*, name: str, values: Mapping[str, str], is_active: bool, is_test: bool, by: User) -> Method:
    """Keep a tenant's settings and keys of a way to pay; an empty secret keeps the one there is.

    One transaction that locks the row. Secrets are sealed for this schema and row, and opened only for the provider's
    client. Raises DomainError beside the key that is missing or cannot be right.
    """
    method = _locked(name)
    before = _as_dict(method)
    given = {key: value for key, value in values.items() if value}
    new_secrets = {key: value for key, value in given.items() if key in secret_names(name)}
    secrets = {**(open_secrets(method) if method.secrets_ciphertext else {}), **new_secrets}
    settings = {key.name: given[key.name] for key in SETUPS[name].keys if not key.is_secret and key.name in given}
    is_test = is_test and SETUPS[name].has_test
    _check_complete(name, settings, secrets)
    _check_mode(name, secrets, is_test)
    method.settings, method.is_active, method.is_test = settings, is_active, is_test
    method.secrets_ciphertext = seal_secrets(method, secrets)
    # What was found of other keys says nothing of these.
    method.checked_at, method.check_error, method.updated_at = None, "", timezone.now()
    _forget_trouble(method)
    method.save()
    after = {**_as_dict(method), "new_secrets": sorted(new_secrets)}
    record(action="payment_way.changed", category=AuditCategory.SECURITY, resource=method, actor=by, before=before,
           after=after)  # fmt: skip
    return method


def _locked(name: str) -> Method:
    Method.objects.bulk_create([Method(name=name, position=Method.objects.count())], ignore_conflicts=True)
    row: Method = Method.objects.select_for_update().get(pk=name)
    return row


def _forget_trouble(method: Method) -> None:
    """Offer it anew: what its provider did before does not count."""
    for name, value in UNTROUBLED.items():
        setattr(method, name, value)


def _as_dict(method: Method) -> dict[str, object]:
    return {"name": method.name, "settings": method.settings, "is_active": method.is_active, "is_test": method.is_test}


def _check_complete(name: str, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    for key in SETUPS[name].keys:
        if key.required and key.name not in (secrets if key.is_secret else settings):
            raise DomainError("key_required", _("Fill this in, or payments cannot be taken."), field=key.name)
    if name == Method.Name.BANK_TRANSFER and not (settings.get("iban") or settings.get("account_number")):
        raise DomainError("account_required", _("Give the IBAN or the account number."), field="iban")


def _check_mode(name: str, secrets: Mapping[str, str], is_test: bool) -> None:
    """Real money moves only where somebody said so, and test keys never pass for real ones."""
    if name != Method.Name.STRIPE:
        return
    key = secrets.get("secret_key", "")
    if not key.startswith(TEST_KEYS + LIVE_KEYS):
        raise DomainError("stripe_key", _("A secret key of Stripe begins with sk_ or rk_."), field="secret_key")
    if is_test and key.startswith(LIVE_KEYS):
        text = _("This key takes real money. Switch the test mode off, or paste a test key.")
        raise DomainError("live_key_in_test", text, field="secret_key")
    if not is_test and key.startswith(TEST_KEYS):
        text = _("This is a test key: nobody would be charged. Paste the live key, or switch the test mode on.")
        raise DomainError("test_key_in_live", text, field="secret_key")


@transaction.atomic
def switch_method(*, name: str, is_active: bool, by: User) -> Method:
    """Offer a way to pay, or stop offering it; what is under way goes on. One transaction that locks the row.

    Raises DomainError where its keys are missing.
    """
    method = _locked(name)
    if is_active and name != Method.Name.CASH:
        try:
            gateway(method)
        except ProviderRefused:
            raise DomainError("not_set_up", _("Fill in the keys first, then switch it on.")) from None
    if method.is_active != is_active:
        before, method.is_active, method.updated_at = _as_dict(method), is_active, timezone.now()
        _forget_trouble(method)
        method.save(update_fields=["is_active", "updated_at", *UNTROUBLED])
        record(action="payment_way.changed", category=AuditCategory.SECURITY, resource=method, actor=by, before=before,
               after=_as_dict(method))  # fmt: skip
    return method


@transaction.atomic
def move_method(*, name: str, up: bool, by: User) -> None:
    """Show a way to pay one place earlier or later. One transaction that locks all rows, in the order they are shown."""
    rows = list(Method.objects.select_for_update().order_by("position", "name"))
    at = next((place for place, row in enumerate(rows) if row.name == name), None)
    to = None if at is None else at + (-1 if up else 1)
    if at is None or to is None or not 0 <= to < len(rows):
        return
    before = [row.name for row in rows]
    rows[at], rows[to] = rows[to], rows[at]
    for place, row in enumerate(rows):
        row.position = place
    Method.objects.bulk_update(rows, ["position"])
    record(action="payment_way.moved", category=AuditCategory.SECURITY, resource=rows[to], actor=by,
           before={"order": before}, after={"order": [row.name for row in rows]})  # fmt: skip


def test_connection(*, name: str, by: User) -> Method:
    """Ask the provider whether the keys are good, and keep the answer; `check_error` is empty when they are.

    Call it outside a transaction: the provider is asked with none open. A way that was hidden is offered again when they are
    good, and one whose keys are refused is hidden. Raises Method.DoesNotExist.
    """
    method: Method = Method.objects.get(pk=name)
    error = ask_provider(method)
    record(action="payment_way.tested", category=AuditCategory.SECURITY, resource=method, actor=by,
           after={"name": name, "error": error})  # fmt: skip
    method.refresh_from_db()
    return method


# pytest would take it for a test where it is imported.
test_connection.__test__ = False  # type: ignore[attr-defined]
