from __future__ import annotations

from typing import Any

from django.apps import AppConfig

from shared_apps.core.personal_data import HoldsPersonalData


class AccountsConfig(HoldsPersonalData, AppConfig):
    name = "shared_apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Connect the receivers, and tell the rotation of keys where secrets of providers and authenticator apps are."""
        from allauth.mfa.models import Authenticator

        from shared_apps.accounts import receivers  # noqa: F401 — connects them
        from shared_apps.accounts.models import SignInProvider
        from shared_apps.accounts.services.factors import totp_place
        from shared_apps.accounts.services.rules import place_of_secret
        from shared_apps.core.secrets import Sealed, register_sealed

        register_sealed(Sealed(SignInProvider, "secret_ciphertext", place_of_secret))
        register_sealed(Sealed(Authenticator, "data", lambda app: totp_place(app.user), json_key="secret"))

    def personal_data(self, user: Any) -> dict[str, Any]:
        """The account, its consents, sessions and log-ins."""
        from shared_apps.accounts.services.personal_data import account_data

        return account_data(user)
