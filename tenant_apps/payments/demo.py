"""Ways to pay for demonstrations, by keys that only the payment simulator knows."""

from __future__ import annotations

from django.conf import settings

from shared_apps.accounts.models import User
from tenant_apps.payments.models import Method
from tenant_apps.payments.services.methods import save_method


def load(*, owner: User) -> None:
    """Set the ways up that the settings have demonstration keys for, unless there are some beside cash already."""
    if Method.objects.exclude(pk=Method.Name.CASH).exists():
        return
    for name, values in settings.TENANT_DEMO_KEYS.items():
        is_test = name in (Method.Name.STRIPE, Method.Name.PAYPAL)
        save_method(name=name, values=values, is_active=True, is_test=is_test, by=owner)
