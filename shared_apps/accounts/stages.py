"""Between the right password and the session: the second factor, then what the organisation asks of its customers."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from allauth.account.stages import LoginStage
from django.shortcuts import redirect

from shared_apps.accounts.proofs import LOG_IN, SENT, send_proof, ways_at_log_in
from shared_apps.accounts.selectors import must_complete
from shared_apps.core.errors import TooManyAttempts


class _Stage(LoginStage):
    """A stop on the way in. A password or a second factor that is changed meanwhile ends it, like every other session."""

    def stop(self) -> tuple[Any, bool]:
        """Go to the stage's page; `still_holds` is asked when its form comes."""
        user: Any = self.login.user
        self.state["password"], self.state["ways"] = user.get_session_auth_hash(), ways_at_log_in(user)
        return redirect(self.urlname), True

    def still_holds(self) -> bool:
        """Whether the account is still the one whose password was given, and asks for no more than then."""
        user: Any = self.login.user
        return (
            user is not None
            and user.is_active
            and self.state.get("password") == user.get_session_auth_hash()
            and self.state.get("ways") == ways_at_log_in(user)
        )


class SecondFactorStage(_Stage):
    """Asks for what the account has besides its password. The page is `views.signing_in.second_factor`."""

    key = "second_factor"
    urlname = "account_second_factor"

    def handle(self) -> tuple[Any, bool]:
        user: Any = self.login.user
        ways = ways_at_log_in(user)
        if not ways:
            return None, True
        if ways[0] in SENT:
            with suppress(TooManyAttempts):  # the page offers to send it, and says why it cannot
                send_proof(user=user, way=ways[0], purpose=LOG_IN)
        return self.stop()


class DetailsStage(_Stage):
    """Accounts made before the organisation asked for an age or languages are asked now, and come in afterwards.

    The page is `views.details.details`.
    """

    key = "details"
    urlname = "account_details"

    def handle(self) -> tuple[Any, bool]:
        if must_complete(self.login.user):
            return self.stop()
        return None, True
