"""The browser of the end-to-end tests: found, or installed where that can be done."""

from __future__ import annotations

import os
import shutil
import subprocess

from baobab.runtime.output import say
from baobab.runtime.problems import RuntimeProblem

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser_variables() -> dict[str, str]:
    """Return `BAOBAB_CHROMIUM=<path>`, after installing Chromium if need be, or `BAOBAB_NO_BROWSER=1`.

    Raises:
        RuntimeProblem: there is no browser and `CI` is true, where no test may be left out.
    """
    found = _find() or _install()
    if found:
        return {"BAOBAB_CHROMIUM": found}
    if os.environ.get("CI", "").lower() in ("true", "1"):
        raise RuntimeProblem("No Chromium was found, and CI is true: the browser tests cannot be left out.")
    say("*** NO BROWSER: no Chromium was found, so the browser tests are LEFT OUT (apt-get install chromium). ***")
    return {"BAOBAB_NO_BROWSER": "1"}


def _find() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def _install() -> str | None:
    """Install Debian's package, as root where there is apt-get; return the program's path if that worked."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    say("Installing Chromium for the browser tests (apt-get); this takes a minute ...")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            say(f"`{' '.join(command)}` failed: {done.stderr.strip()[-400:]}")
            return None
    return _find()
