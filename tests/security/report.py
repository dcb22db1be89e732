"""What the tests of this folder tried, as one report: a plugin of pytest, loaded by `make security`.

python -m pytest -p tests.security.report tests/security
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest

MATRIX, INTERLEAVED = "matrix", "interleaved"


class Report:
    """Collects what tests note with `record_property`, also from the processes of xdist."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.matrix: Counter[str] = Counter()
        self.interleaved: Counter[str] = Counter()
        self.attacks: Counter[str] = Counter()

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call":
            return
        noted: dict[str, Any] = dict(report.user_properties)
        if MATRIX in noted:
            self.matrix.update({key: value for key, value in noted[MATRIX].items() if key != "site"})
        elif INTERLEAVED in noted:
            self.interleaved.update(noted[INTERLEAVED])
        else:
            self.attacks["refused" if report.passed else "not refused"] += report.outcome != "skipped"

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        write, matrix = terminalreporter.write_line, self.matrix
        terminalreporter.section("security")
        tried = matrix["allowed"] + matrix["refused"] + matrix["described"]
        write(
            f"Matrix        {tried:>7,} requests: {matrix['refused']:,} refused, {matrix['allowed']:,} allowed as declared,"
        )
        write(f"              {matrix['described']:,} asked for the methods only; leaked: {matrix['leaked']}")
        write(f"Interleaved   {self.interleaved.total():>7,} requests; foreign rows: {self.interleaved['FOREIGN']}")
        write(f"Attacks       {self.attacks.total():>7,} tests: {self.attacks['not refused']} did not hold")
        write(f"Took          {time.monotonic() - self.started:>7.0f} s")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Report(), "security-report")
