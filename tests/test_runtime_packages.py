"""What the set-up installs from Debian: where it may, once, and never silently missing."""

from __future__ import annotations

import subprocess

import pytest

from baobab.runtime import browser, debian, pdf
from baobab.runtime.problems import RuntimeProblem


@pytest.fixture(autouse=True)
def _clean_state() -> None:
    """Takes the place of the suite's fixture of this name, which needs Django."""


@pytest.fixture
def machine(monkeypatch):
    """A machine without anything, whose administrator is not here; what is asked of apt-get is kept."""
    asked: list[list[str]] = []

    def run(command, **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(pdf, "_LIBRARIES", ("libnone-for-this-test.so.0",))
    monkeypatch.setattr(browser, "_NAMES", ("none-for-this-test",))
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(debian.subprocess, "run", run)
    return asked


def test_a_plain_user_is_told_the_one_command_and_only_pdfs_wait(machine, capsys) -> None:
    pdf.offer_pdf_libraries()
    assert "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in capsys.readouterr().out
    assert machine == []


def test_tests_are_left_out_loudly(machine, capsys) -> None:
    assert pdf.pdf_variables() == {"BAOBAB_NO_PDF": "1"}
    assert browser.browser_variables() == {"BAOBAB_NO_BROWSER": "1"}
    said = capsys.readouterr().out
    assert "*** NO PDF" in said
    assert "*** NO BROWSER" in said


@pytest.mark.parametrize("variables", [pdf.pdf_variables, browser.browser_variables])
def test_in_ci_nothing_may_be_left_out(machine, monkeypatch, variables) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(RuntimeProblem, match="CI is true"):
        variables()


def test_root_installs_what_is_missing_and_what_then_works_is_used(machine, monkeypatch) -> None:
    monkeypatch.setattr(debian.os, "geteuid", lambda: 0)
    here = iter([False, True])
    monkeypatch.setattr(pdf, "_found", lambda: next(here))
    assert pdf.pdf_variables() == {}
    update, install = machine
    assert update[:2] == ["apt-get", "update"]
    assert install[-3:] == ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]


def test_an_installation_that_fails_says_why(machine, monkeypatch, capsys) -> None:
    monkeypatch.setattr(debian.os, "geteuid", lambda: 0)
    monkeypatch.setattr(
        debian.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 100, "", "no such server")
    )
    assert pdf.pdf_variables() == {"BAOBAB_NO_PDF": "1"}
    assert "`apt-get update -q` failed: no such server" in capsys.readouterr().out


def test_nothing_is_installed_where_all_is_there(machine, monkeypatch) -> None:
    monkeypatch.setattr(debian.os, "geteuid", lambda: 0)
    monkeypatch.setattr(pdf, "_LIBRARIES", ("libc.so.6",))
    assert pdf.pdf_variables() == {}
    assert machine == []
