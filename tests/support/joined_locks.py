"""Finds rows that are locked and joined in one statement, which `shared_apps.core.locking` says why not to do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def joined_locks_in(path: Path) -> list[str]:
    """File and line of each chain of calls that both locks rows and joins others to them."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return sorted({f"{path}:{one.lineno}" for one in calls if _is_joined_lock(one)})


def _is_joined_lock(call: ast.Call) -> bool:
    chain = list(_chain(call))
    locks = any(name == "select_for_update" for name, _call in chain)
    return locks and any(name == "select_related" and not _clears(one) for name, one in chain)


def _chain(call: ast.Call) -> Iterator[tuple[str, ast.Call]]:
    """The methods called one on the other, the last first."""
    while isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        yield call.func.attr, call
        if not isinstance(call.func.value, ast.Call):
            return
        call = call.func.value


def _clears(call: ast.Call) -> bool:
    return [ast.unparse(one) for one in call.args] == ["None"]
