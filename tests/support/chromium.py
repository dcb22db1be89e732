"""The browser of the browser tests."""

from __future__ import annotations

import os
import shutil

import pytest

MARKS = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(
        bool(os.environ.get("BAOBAB_NO_BROWSER")) and not os.environ.get("CI"), reason="there is no Chromium here"
    ),
]
CHROMIUM = os.environ.get("BAOBAB_CHROMIUM") or shutil.which("chromium") or "chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP *.localhost 127.0.0.1",
]  # fmt: skip
