"""Runs every measurement, each in a process of its own, and says whether all of them hold."""

from __future__ import annotations

import subprocess
import sys

MEASUREMENTS = (
    "benchmarks.schemas",
    "benchmarks.requests",
    "benchmarks.pricing",
    "benchmarks.audit",
    "benchmarks.webhooks",
    "benchmarks.workspaces",
    "benchmarks.invoices",
    "benchmarks.dashboard",
    "benchmarks.store",
)

if __name__ == "__main__":
    failed = [name for name in MEASUREMENTS if subprocess.run([sys.executable, "-m", name], check=False).returncode]
    print("all hold" if not failed else f"do not hold: {', '.join(failed)}")
    sys.exit(bool(failed))
