"""Watches every write of product code to an audited table, and finds those whose transaction leaves no audit entry.

A write counts when the innermost frame of this repository above it is product code: what tests, factories and fixtures
write themselves does not. Models and querysets stand for their callers. Its transaction is the outermost `atomic` block
that code of ours entered, so that it is judged as in production although tests run in a transaction of their own.
Bulk writes, raw SQL, signals and threads all pass here; only a psycopg connection of one's own does not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.backends.signals import connection_created

from shared_apps.audit.coverage import AUDITED, Audited
from tests.support.databases import ROOT

_ENTRIES = "audit_auditlog"
_WRITE = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE(?:\s+ONLY)?|DELETE\s+FROM(?:\s+ONLY)?|TRUNCATE(?:\s+TABLE)?|MERGE\s+INTO)"
    r'\s+(?:"?\w+"?\s*\.\s*)?"?(\w+)"?',
    re.IGNORECASE,
)
_ASSIGNED = re.compile(r'(?:\bSET\s+|,\s*)"?(\w+)"?\s*=', re.IGNORECASE)
_ROOMS = ("billing/", "provisioning/", "shared_apps/", "tenant_apps/", "platform/")


@dataclass(slots=True)
class Write:
    """One write of product code to an audited table."""

    label: str
    function: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.label} changed by {self.function} ({self.file}:{self.line})"


@dataclass(slots=True)
class Block:
    """One `atomic` block that is open: what was written and recorded in it so far."""

    ours: bool
    writes: list[Write] = field(default_factory=list)
    recorded: set[str] = field(default_factory=set)


class Watch:
    """What was found while it watches, and the open blocks of each connection."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def blocks(self) -> list[Block]:
        opened: list[Block] | None = getattr(connection, "_audit_blocks", None)
        if opened is None or not connection.in_atomic_block:
            opened = connection._audit_blocks = []  # type: ignore[attr-defined]  # one list a connection, so one a thread
        return opened

    def enter(self, atomic: Any) -> None:
        if (atomic.using or DEFAULT_DB_ALIAS) == DEFAULT_DB_ALIAS:
            self.blocks().append(Block(ours=_innermost() is not None))

    def leave(self, *, undone: bool) -> None:
        opened = self.blocks()
        if not opened:
            return
        block = opened.pop()
        outer = next((one for one in reversed(opened) if one.ours), None)
        if undone or not block.ours:
            return
        if outer:
            outer.writes += block.writes
            outer.recorded |= block.recorded
        else:
            self.judge(block)

    def judge(self, block: Block) -> None:
        for write in block.writes:
            accepted = {write.label, *AUDITED[write.label].parents}
            if not accepted & block.recorded:
                self.found.append(f"{write}: no audit entry names {' or '.join(sorted(accepted))} in its transaction")

    def statement(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        """An `execute_wrapper` of Django."""
        text = sql if isinstance(sql, str) else sql.as_string(None)
        result = execute(sql, params, many, context)
        if not text.startswith("SELECT") and context["cursor"].rowcount != 0:
            self.look_at(text, params)
        return result

    def look_at(self, sql: str, params: Any) -> None:
        block = next((one for one in reversed(self.blocks()) if one.ours), None)
        for match in _WRITE.finditer(sql):
            table = match[1]
            if table == _ENTRIES and block:
                block.recorded |= _labels_in(params)
            label = _audited_tables().get(table)
            if label is None or _only_machine(AUDITED[label], match[0], sql):
                continue
            frame = _innermost()
            if frame is None or not frame[0].startswith(_ROOMS):
                continue
            write = Write(label, frame[1], frame[0], frame[2])
            if block:
                block.writes.append(write)
            else:
                self.found.append(f"{write}: outside any transaction")


def _only_machine(audited: Audited, verb: str, sql: str) -> bool:
    if not verb.upper().startswith("UPDATE"):
        return False
    assigned = set(_ASSIGNED.findall(sql.partition(" WHERE ")[0]))
    return bool(assigned) and assigned <= set(audited.machine)


@cache
def _audited_tables() -> dict[str, str]:
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: model._meta.label_lower for model in models if model._meta.label_lower in AUDITED}


@cache
def _labels() -> frozenset[str]:
    return frozenset(model._meta.label_lower for model in apps.get_models(include_auto_created=True))


def _labels_in(params: Any) -> set[str]:
    values = params.values() if isinstance(params, dict) else params or ()
    return {value for value in values if isinstance(value, str) and value in _labels()}


@cache
def _place(filename: str) -> str:
    """A file's path inside the repository; empty outside, and for what stands for its callers."""
    root = f"{ROOT}/"
    if not filename.startswith(root) or "/site-packages/" in filename:
        return ""
    path = filename.removeprefix(root)
    stands_for_callers = path.endswith(("/models.py", "/querysets.py", "/audit_watch.py")) or "/models/" in path
    return "" if stands_for_callers else path


@cache
def _is_test(path: str) -> bool:
    return not path.startswith(_ROOMS) or "/tests/" in path


def _innermost() -> tuple[str, str, int] | None:
    """File, function and line of the innermost frame of ours; the file of a test is given as "test"."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        # `@transaction.atomic` enters in contextlib's wrapper: the block is that of the function it decorates.
        if code.co_name == "inner" and code.co_filename.endswith("/contextlib.py") and "func" in frame.f_locals:
            code = getattr(frame.f_locals["func"], "__code__", code)
        path = _place(code.co_filename)
        if path:
            return ("test" if _is_test(path) else path), code.co_qualname, frame.f_lineno
        frame = frame.f_back
    return None


@contextmanager
def watching() -> Iterator[list[str]]:
    """What is found while this is open; nothing reaches a watch around it."""
    watch = Watch()
    global _current
    outer, _current = _current, watch
    try:
        yield watch.found
    finally:
        _current = outer


_current = Watch()


def install() -> None:
    """Look at every connection of this process, those of threads too, from now on."""
    enter, leave = transaction.Atomic.__enter__, transaction.Atomic.__exit__

    def entered(self: Any) -> None:
        enter(self)
        _current.enter(self)

    def left(self: Any, kind: Any, value: Any, traceback: Any) -> None:
        undone = kind is not None or connection.needs_rollback
        if (self.using or DEFAULT_DB_ALIAS) == DEFAULT_DB_ALIAS:
            _current.leave(undone=undone)
        leave(self, kind, value, traceback)

    transaction.Atomic.__enter__, transaction.Atomic.__exit__ = entered, left  # type: ignore[method-assign]
    connection_created.connect(_look_at_connection, dispatch_uid="audit_watch")
    _look_at_connection(connection=connection)


def _look_at_connection(*, connection: Any, **_: Any) -> None:
    if _pass_on not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _pass_on)


def _pass_on(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    return _current.statement(execute, sql, params, many, context)
