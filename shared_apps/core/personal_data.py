"""What an app knows about a person: each app's own AppConfig answers, so that accounts need not know the apps.

An app that keeps something about people mixes `HoldsPersonalData` into its AppConfig.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django_tenants.utils import get_public_schema_name

from shared_apps.core.tenancy import connection


class HoldsPersonalData:
    """What accounts ask of an app when a person wants their data, or wants to leave, for a while or for good."""

    def personal_data(self, user: Any) -> dict[str, Any]:
        """What this app knows about a person, as JSON: dates and amounts as text."""
        return {}

    def lock_shared(self, user: Any) -> None:
        """Lock what this app's checks and erasing share with other people, until the transaction ends.

        Called before the account's row is locked: here and everywhere, what people share comes first.
        """

    def check_may_close(self, user: Any) -> None:
        """Pass, or raise DomainError with the way out when something of the person must be settled first.

        Whoever closes or erases the account holds its locks; a page only asks.
        """

    def erase_person(self, user: Any, contacts: Collection[str]) -> None:
        """Forget a person. Part of the erasing transaction; the account still has its name and address.

        `contacts` are the addresses and numbers they have and had.
        """


def holders_here() -> Iterator[tuple[str, HoldsPersonalData]]:
    """The apps of the current schema that keep something about people, by their labels."""
    on_platform = connection.schema_name == get_public_schema_name()
    kind = "public" if on_platform else connection.tenant.get_tenant_type()
    installed = set(settings.TENANT_TYPES[kind]["APPS"])
    for config in apps.get_app_configs():
        if config.name in installed and isinstance(config, HoldsPersonalData):
            yield config.label, config
