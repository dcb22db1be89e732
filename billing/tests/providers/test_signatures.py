"""Timed HMAC signatures: Stripe's with a dot, Wave's without, both checked against what signs in the wild.

Failure cases (docs/failure-cases.md): Case 21.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from stripe import WebhookSignature

from billing.providers.base import InvalidSignature
from billing.providers.signatures import check_signature

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
BODY = '{"id":"evt_1","name":"Événement"}'.encode()
SECRET = "whsec_test"


def wave_mark(body: bytes = BODY, *, secret: str = SECRET, at: int = SECONDS) -> str:
    return hmac.new(secret.encode(), f"{at}".encode() + body, hashlib.sha256).hexdigest()


def check(header: str, *, body: bytes = BODY, secret: str = SECRET, separator: bytes = b"", late: float = 0) -> None:
    received_at = NOW + timedelta(seconds=late)
    check_signature(header, body=body, secret=secret, separator=separator, received_at=received_at)


def test_stripes_own_signatures_are_taken() -> None:
    header = WebhookSignature.generate_signature_header(BODY.decode(), SECRET, timestamp=SECONDS)
    check(header, separator=b".")
    with pytest.raises(InvalidSignature):
        check(header)  # without the dot it is not what Stripe signed


def test_waves_signature_has_no_dot() -> None:
    header = f"t={SECONDS},v1={wave_mark()}"
    check(header)
    with pytest.raises(InvalidSignature):
        check(header, separator=b".")


def test_one_right_signature_of_several_will_do() -> None:
    old, own = wave_mark(secret="before"), wave_mark()
    check(f"t={SECONDS},v1={old},v1={own}")
    check(f"t={SECONDS}, v1={own} ,v1={old},v0=abc,note=x")
    with pytest.raises(InvalidSignature):
        check(f"t={SECONDS},v1={old},v1={old}")


@pytest.mark.parametrize("late", [-300, 0, 299, 300])
def test_it_holds_for_five_minutes(late: int) -> None:
    check(f"t={SECONDS},v1={wave_mark()}", late=late)


@pytest.mark.parametrize("late", [-301, 301, 86_400])
def test_and_no_longer(late: int) -> None:
    with pytest.raises(InvalidSignature):
        check(f"t={SECONDS},v1={wave_mark()}", late=late)


def test_without_a_time_of_receipt_it_came_now() -> None:
    with pytest.raises(InvalidSignature):
        check_signature(
            f"t=1639081943,v1={wave_mark(at=1639081943)}", body=BODY, secret=SECRET, separator=b"", received_at=None
        )


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"t={SECONDS}",
        f"v1={wave_mark()}",
        f"t=,v1={wave_mark()}",
        f"t=-5,v1={wave_mark()}",
        f"t={SECONDS}.5,v1={wave_mark()}",
        f"t={SECONDS},t={SECONDS},v1={wave_mark()}",
        f"t={SECONDS + 1},v1={wave_mark()}",
        f"t={SECONDS},v1={wave_mark().upper()}",
        f"t={SECONDS},v1=",
        f"t={SECONDS},v1=é{wave_mark()[1:]}",
        f"t={SECONDS},v0={wave_mark()}",
        f"t={SECONDS},v1={wave_mark()}," + "x" * 3000,
    ],
)
def test_malformed_headers_are_refused(header: str) -> None:
    with pytest.raises(InvalidSignature):
        check(header)


def test_another_body_or_secret_is_refused() -> None:
    header = f"t={SECONDS},v1={wave_mark()}"
    for changes in ({"body": BODY + b" "}, {"secret": "other"}, {"secret": ""}):
        with pytest.raises(InvalidSignature):
            check(header, **changes)
