"""A step of log-in after the password and the second factor: what the organisation asks of its customers."""

from __future__ import annotations

from typing import Any

from allauth.account.stages import LoginStage
from django.shortcuts import redirect

from shared_apps.accounts.selectors import must_complete


class DetailsStage(LoginStage):
    """Accounts made before the organisation asked for an age or languages are asked now, and come in afterwards."""

    key = "details"
    urlname = "account_details"

    def handle(self) -> tuple[Any, bool]:
        if must_complete(self.login.user):
            return redirect(self.urlname), True
        return None, True
