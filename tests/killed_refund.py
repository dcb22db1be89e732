"""A worker that dies by SIGKILL while it sends a refund. Run as a process of its own.

Usage: python -m tests.killed_refund REFUND_ID WHEN BASE_URL, where WHEN is before (it was begun, the provider has not been
called) or after (the provider has given the money back, and nothing is committed).
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import django


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    refund_id, when, base_url = sys.argv[1:]
    django.setup()
    from django.conf import settings

    from billing.services import refund_sending

    settings.PAYPAL = {**settings.PAYPAL, "base_url": base_url}
    setattr(refund_sending, "_ask" if when == "before" else "_apply", die)
    refund_sending.send_refund(refund_id)


if __name__ == "__main__":
    main()
