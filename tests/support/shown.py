"""Pages shown in a real browser without a server: each is asked for beforehand, and the browser is given what was answered.

Playwright runs a loop in the thread of the test, where Django's database must not be asked; so everything is kept before it
starts. What a page loads from elsewhere is refused.
"""

from __future__ import annotations

import gzip
import mimetypes
import re
from pathlib import Path
from typing import TYPE_CHECKING

from django.contrib.staticfiles import finders
from django.test import Client

if TYPE_CHECKING:
    from playwright.sync_api import Route

ADDRESS = "http://shop.localhost"
# Status line and headers of an answer, generously.
HEADERS = 500
_OWN = re.compile(rb"""["' ](/(?:media/[^"' ]+|theme-[0-9a-f]{6}\.css))""")


class ShownPages:
    """What the browser is given, and how many bytes of it would have come over the wire."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, bytes]] = {}
        self.asked: dict[str, int] = {}

    def keep(self, client: Client, path: str) -> str:
        """Ask for a page and for what of the tenant's it shows; its address for the browser."""
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        # One address is one page, whoever it was made for.
        address = path if path not in self.kept else f"{path}{'&' if '?' in path else '?'}again={len(self.kept)}"
        self.kept[address] = (answer["Content-Type"], answer.content)
        for found in _OWN.findall(answer.content):
            own = found.decode()
            if own not in self.kept:
                part = client.get(own)
                body = b"".join(part.streaming_content) if part.streaming else part.content
                self.kept[own] = (part["Content-Type"], body)
        return ADDRESS + address

    def serve(self, route: Route) -> None:
        """Answer a request of the browser."""
        path = route.request.url.removeprefix(ADDRESS)
        kind, body = self.kept.get(path) or _static(path)
        if not kind:
            route.fulfill(status=204)
            return
        is_text = kind.startswith(("text/", "application/", "image/svg"))
        self.asked[path] = HEADERS + len(gzip.compress(body) if is_text else body)
        route.fulfill(status=200, body=body, content_type=kind)


def _static(path: str) -> tuple[str, bytes]:
    found = finders.find(path.removeprefix("/static/").partition("?")[0]) if path.startswith("/static/") else None
    return (mimetypes.guess_type(path)[0] or "", Path(found).read_bytes()) if isinstance(found, str) else ("", b"")
