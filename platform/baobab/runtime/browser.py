"""The browser of the end-to-end tests: found, or installed where that can be done."""

from __future__ import annotations

import shutil

from baobab.runtime import debian
from baobab.runtime.output import say
from baobab.runtime.problems import RuntimeProblem

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser_variables() -> dict[str, str]:
    """Return `BAOBAB_CHROMIUM=<path>`, after installing Chromium if need be, or `BAOBAB_NO_BROWSER=1`.

    Raises:
        RuntimeProblem: there is no browser and `CI` is true, where no test may be left out.
    """
    found = _find()
    if not found and debian.install("chromium", purpose="the browser tests"):
        found = _find()
    if found:
        return {"BAOBAB_CHROMIUM": found}
    if debian.must_not_be_missing():
        raise RuntimeProblem("No Chromium was found, and CI is true: the browser tests cannot be left out.")
    say("*** NO BROWSER: no Chromium was found, so the browser tests are LEFT OUT (apt-get install chromium). ***")
    return {"BAOBAB_NO_BROWSER": "1"}


def _find() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)
