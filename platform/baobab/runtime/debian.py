"""Debian packages, installed where that can be done: as root, where there is apt-get."""

from __future__ import annotations

import os
import shutil
import subprocess

from baobab.runtime.output import say


def install(*packages: str, purpose: str) -> bool:
    """Install packages and whatever they need; False, after saying why, if that cannot be done here."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"Installing {' '.join(packages)} for {purpose} (apt-get); this takes a minute ...")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            say(f"`{' '.join(command)}` failed: {done.stderr.strip()[-400:]}")
            return False
    return True


def must_not_be_missing() -> bool:
    """Whether this is CI, where no test may be left out."""
    return os.environ.get("CI", "").lower() in ("true", "1")
