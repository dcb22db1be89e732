"""`python -m tests.simulators.payments`: serve the payment simulator on 127.0.0.1."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from pathlib import Path

from waitress import create_server

from tests.simulators.payments.app import create_app
from tests.simulators.payments.settings import Settings

HOST = "127.0.0.1"
THREADS = 128


def main() -> None:
    """Serve until the process is ended."""
    options = _parser().parse_args()
    # Waitress warns whenever a request has to queue, which parallel tests mean to happen.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    settings = Settings(
        public_url=options.public_url.rstrip("/"),
        paypal_webhook_url=options.paypal_webhook_url,
        momo_auto=options.momo_auto,
        momo_delay=options.momo_delay,
        momo_window=options.momo_window,
        momo_callback_host=options.momo_callback_host,
        token_lifetime=options.token_lifetime,
    )
    app = create_app(settings, state_path=options.state)
    server = create_server(app, host=HOST, port=options.port, threads=THREADS, connection_limit=1000, ident=None)
    settings.public_url = settings.public_url or f"http://{HOST}:{server.effective_port}"
    if options.port_file:
        _write(options.port_file, str(server.effective_port))
    if options.end_with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    server.run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.simulators.payments", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="file to write the port into, once it listens")
    parser.add_argument("--public-url", default="", help="how browsers and the product reach it")
    parser.add_argument("--state", type=Path, help="SQLite file to keep everything in; without it, memory")
    parser.add_argument("--paypal-webhook-url", default=os.environ.get("SIMULATOR_PAYPAL_WEBHOOK_URL", ""))
    parser.add_argument("--momo-callback-host", default=os.environ.get("SIMULATOR_MOMO_CALLBACK_HOST", ""))
    parser.add_argument("--momo-auto", type=float, help="approve ordinary numbers after so many seconds")
    parser.add_argument("--momo-delay", type=float, default=25, help="seconds the delayed sandbox number takes")
    parser.add_argument("--momo-window", type=float, default=300, help="seconds a payer has to approve")
    parser.add_argument("--token-lifetime", type=int, default=3600)
    parser.add_argument("--end-with-stdin", action="store_true", help="end when standard input is closed")
    return parser


def _write(path: Path, text: str) -> None:
    """Written whole or not at all: somebody waits for this file."""
    draft = path.with_suffix(path.suffix + ".draft")
    draft.write_text(text)
    draft.replace(path)


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
