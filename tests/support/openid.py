"""Google and Facebook for tests: the simulator's process, and a browser that goes there and back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.socialaccount.providers.facebook import flows
from allauth.socialaccount.providers.facebook.views import FacebookOAuth2Adapter
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Providers:
    """The simulator, and what people do there."""

    url: str

    def person(self, *, refuse: bool = False, audience: str = "", **claims: Any) -> None:
        """Who is logged in at the provider from now on, and whether they say no."""
        body = {"person": claims, "refuse": refuse, **({"audience": audience} if audience else {})}
        requests.post(f"{self.url}/_control/person", json=body, timeout=5).raise_for_status()

    def start(self, client: Client, provider: str, **query: str) -> str:
        """Press the button; where the provider sends the browser back to, with its host."""
        path = f"/accounts/{provider}/login/"
        answer = client.post(path, query_params=query) if query else client.post(path)
        assert answer.status_code == 302, answer.content
        assert answer["Location"].startswith(self.url), answer["Location"]
        return requests.get(answer["Location"], allow_redirects=False, timeout=5).headers["Location"]

    def sign_in(self, client: Client, provider: str, **query: str) -> Any:
        """Go to the provider and come back; the page that comes of it, redirects followed."""
        back = urlsplit(self.start(client, provider, **query))
        return client.get(f"{back.path}?{back.query}", follow=True)


@contextmanager
def running_simulator() -> Iterator[Providers]:
    """The simulator's process, ended afterwards."""
    command = [sys.executable, "-m", "tests.simulators.openid"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Providers(process.stdout.readline().strip())
        finally:
            process.terminate()


def point_providers_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allauth reads these addresses when it is imported: they are set where it keeps them."""
    monkeypatch.setattr(GoogleOAuth2Adapter, "authorize_url", f"{url}/google/authorize")
    monkeypatch.setattr(GoogleOAuth2Adapter, "access_token_url", f"{url}/google/token")
    monkeypatch.setattr(FacebookOAuth2Adapter, "authorize_url", f"{url}/facebook/dialog")
    monkeypatch.setattr(FacebookOAuth2Adapter, "access_token_url", f"{url}/facebook/token")
    monkeypatch.setattr(flows, "GRAPH_API_URL", f"{url}/facebook")
