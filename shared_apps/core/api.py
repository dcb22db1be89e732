"""What every view of the API shares: one base, one shape of error, bounded bodies, pages of a list."""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shared_apps.core.api_errors import TooLarge
from shared_apps.core.request_info import request_info, set_request_info
from shared_apps.core.throttle import check_address_rate

MAX_JSON_BYTES = 256 * 1024


class StrictJsonParser(JSONParser):
    """JSON of bounded size and depth, whose texts can be written as UTF-8 again (errors quote them)."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(MAX_JSON_BYTES + 1)
        if len(body) > MAX_JSON_BYTES:
            raise TooLarge
        try:
            data = super().parse(io.BytesIO(body), media_type, parser_context)
            json.dumps(data, ensure_ascii=False).encode()
        except RecursionError:
            raise exceptions.ParseError(_("The JSON is nested too deeply.")) from None
        except UnicodeEncodeError:
            raise exceptions.ParseError(_("The JSON holds half a character.")) from None
        return data


class ErrorSerializer(serializers.Serializer):
    """What every error answers with."""

    code = serializers.CharField(help_text="Stable, for machines.")
    detail = serializers.CharField(help_text="For people, in their language.")
    fields = serializers.DictField(  # type: ignore[assignment]  # the contract's name; `fields` is DRF's own property
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="The fields concerned, each with its messages.",
    )


_MEANINGS = {
    400: "The request cannot be understood, or a field of it is wrong.",
    401: "No valid token or key came with the request.",
    403: "The caller is known, but may not do this.",
    404: "There is nothing here, or nothing of the caller's.",
    406: "Answers are JSON and nothing else.",
    409: "It is taken, or has changed in the meantime.",
    413: "The body is too large.",
    415: "Bodies are JSON, unless the operation says otherwise.",
    429: "Too many requests: `Retry-After` says how many seconds to wait.",
}


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """For `extend_schema`: these statuses answer with an error. `core.openapi` adds those that every view has."""
    return {status: OpenApiResponse(ErrorSerializer, _MEANINGS.get(status, "")) for status in statuses}


class ApiView(APIView):
    """Base of every view: the caller's language, the actor for the audit log, bounded bodies, one shape of error.

    `rate` names an entry of DEFAULT_THROTTLE_RATES; POSTs are counted by the caller's address.
    """

    parser_classes: Sequence[type[BaseParser]] = (StrictJsonParser,)
    rate = ""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        translation.activate(translation.get_language_from_request(request._request))
        if not hasattr(self, (request.method or "").lower()):
            raise exceptions.MethodNotAllowed(request.method or "")  # whoever asks: nobody's rights would change it
        super().initial(request, *args, **kwargs)
        if request.user.is_authenticated:
            set_request_info(replace(request_info(), user=request.user))
        if self.rate and request.method == "POST":
            check_address_rate(self.rate)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        patch_vary_headers(response, ["Accept-Language"])
        if response.status_code == 429 and response.data.get("retry_after"):
            response.headers["Retry-After"] = str(int(response.data["retry_after"]))
        return response


class OpenView(ApiView):
    """A view for everybody: no token is looked at, so that a stale one is in nobody's way."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


def one_line(text: str) -> None:
    """Refuse line breaks and control characters, which have no place in a name; raises ValidationError."""
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text):
        raise serializers.ValidationError(_("Write this on one line."), code="control_character")


class Pages(PageNumberPagination):
    page_size = 50


PAGE_PARAMETER = OpenApiParameter("page", int, description="Which page of 50; the first is 1.")


def page_of(item: type[serializers.Serializer]) -> serializers.Serializer:
    """How a page of a list is described in the OpenAPI document."""
    return inline_serializer(
        name=f"{item.__name__.removesuffix('Serializer')}Page",
        fields={
            "count": serializers.IntegerField(),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": item(many=True),
        },
    )


def paginated(view: APIView, rows: QuerySet[Any], represent: Callable[[Any], Any]) -> Response:
    """The page that the request asks for; raises NotFound for one that is not there."""
    paginator = Pages()
    page = paginator.paginate_queryset(rows, view.request, view=view) or []
    return paginator.get_paginated_response([represent(row) for row in page])


def validated(serializer_class: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """The request's body by a serializer; raises ValidationError."""
    serializer = serializer_class(data=request.data, context={"request": request})
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data
