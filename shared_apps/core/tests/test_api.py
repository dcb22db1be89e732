"""What every view of the API shares, shown by a view that needs no room of the platform but core."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from django.test import RequestFactory
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shared_apps.core import api
from shared_apps.core.errors import Conflict
from shared_apps.core.throttle import parse_rate

JSON = "application/json"


class NameSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=20, validators=[api.one_line])


class GreetView(api.OpenView):
    """Greets by name, or meets with whatever error it is given."""

    rate = "greet"
    error: Exception | None = None

    def post(self, request: Request) -> Response:
        if self.error:
            raise self.error
        return Response({"hello": api.validated(NameSerializer, request)["name"]})


def post(body: bytes, **options: Any) -> Any:
    return GreetView.as_view(**options)(RequestFactory().post("/", body, content_type=JSON))


def test_a_body_is_parsed_and_its_answer_is_nobody_elses() -> None:
    answer = post(b'{"name": "Awa"}')
    assert (answer.status_code, answer.data) == (200, {"hello": "Awa"})
    assert (answer["Cache-Control"], answer["Content-Language"]) == ("no-store", "fr")
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"name": "' + b"x" * api.MAX_JSON_BYTES + b'"}', 413, "too_large"),
        (b"[" * 100_000, 400, "parse_error"),
        (rb'{"name": "\ud800"}', 400, "parse_error"),
        (b"{", 400, "parse_error"),
        (json.dumps({"name": "A\nB"}).encode(), 400, "invalid"),
        (json.dumps({"name": "A\u2028B"}).encode(), 400, "invalid"),
    ],
)
def test_a_bad_body_is_refused_in_the_one_shape(body, status, code) -> None:
    answer = post(body)
    assert (answer.status_code, answer.data["code"]) == (status, code)
    assert answer.data["detail"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Http404(), 404),
        (RequestDataTooBig(), 413),
        (SuspiciousOperation(), 400),
        (Conflict("gone", "It is gone."), 409),
    ],
)
def test_djangos_errors_and_ours_have_one_shape(error, status) -> None:
    answer = post(b"{}", error=error)
    assert (answer.status_code, set(answer.data) >= {"code", "detail"}) == (status, True)


def test_a_view_counts_posts_by_address_and_says_when_to_come_back(monkeypatch) -> None:
    monkeypatch.setitem(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "greet", "2/min")
    assert [post(b'{"name": "Awa"}').status_code for _ in range(3)] == [200, 200, 429]
    assert post(b'{"name": "Awa"}')["Retry-After"] == "60"
    assert post(b'{"name": "Awa"}', rate="").status_code == 200


@pytest.mark.parametrize(
    ("rate", "means"), [("5/min", (5, 60)), ("2/s", (2, 1)), ("1/hour", (1, 3600)), ("9/day", (9, 86400))]
)
def test_rates_are_written_as_in_the_settings(rate, means) -> None:
    assert parse_rate(rate) == means
