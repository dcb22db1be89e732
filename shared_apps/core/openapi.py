"""How views become the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.openapi import AutoSchema

from shared_apps.core.api import errors


class ApiSchema(AutoSchema):
    """Adds what the base of every view may answer, so that views name only the answers that are their own."""

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular changed DRF's signature
        """Only what `extend_schema` says: docstrings of views are for those who read the code."""
        return ""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for status, error in errors(*self._answers_of_the_base()).items():
            bodies.setdefault(str(status), self._get_response_for_code(error, str(status), direction=direction))
        return dict(sorted(bodies.items()))

    def _answers_of_the_base(self) -> Iterator[int]:
        yield from (400, 406)
        authenticators = self.view.get_authenticators()
        if authenticators:
            yield 401
        if getattr(self.view, "permission", ""):
            yield 403
        if "{" in self.path:
            yield 404
        if self.method in ("POST", "PUT", "PATCH") and self.get_request_serializer():
            yield from (413, 415)
        limited = getattr(self.view, "rate", "") and self.method == "POST"
        if limited or any(hasattr(one, "rate") for one in authenticators):
            yield 429
