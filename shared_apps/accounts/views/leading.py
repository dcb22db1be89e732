"""Pages whose forms lead to Google or Facebook."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]


def leads_to_providers(view: View) -> View:
    """Let the page's forms be answered by a redirect to a provider: browsers ask the content policy about it."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = view(request, *args, **kwargs)
        answer._csp_update = {"form-action": settings.SIGN_IN_FORM_ACTIONS}  # type: ignore[attr-defined]  # django-csp's
        return answer

    return wrapped
