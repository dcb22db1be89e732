"""Finds lazy things that silently do nothing: querysets thrown away, generators read twice.

A discarded `qs.filter(…)` or `select_for_update()` runs no query and takes no lock; a generator gives nothing the second
time. Both pass every test that does not look at exactly them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

LAZY_METHODS = frozenset(
    [
        "filter",
        "exclude",
        "annotate",
        "alias",
        "order_by",
        "select_for_update",
        "select_related",
        "prefetch_related",
        "distinct",
        "only",
        "defer",
        "reverse",
        "values",
        "values_list",
        "using",
        "all",
        "none",
        "union",
        "intersection",
        "difference",
        "dates",
        "datetimes",
        "extra",
    ]
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def problems_in(path: Path) -> list[str]:
    """One line a problem: file, line and what is wrong."""
    tree = ast.parse(path.read_text())
    found = [*_discarded(tree)]
    for function in ast.walk(tree):
        if isinstance(function, _FUNCTIONS):
            found += _twice_read(function)
    return [f"{path}:{line}: {what}" for line, what in sorted(set(found))]


def _discarded(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            registering = (
                isinstance(called, ast.Attribute) and ast.unparse(called.value) == "register"
            )  # template filters
            if isinstance(called, ast.Attribute) and called.attr in LAZY_METHODS and not registering:
                yield node.lineno, f"the result of .{called.attr}() is thrown away"


def _twice_read(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[int, str]]:
    """Names bound once to a generator expression and read more than once, or tested for truth."""
    generators: dict[str, int] = {}
    assigned: dict[str, int] = {}
    for node in _own_nodes(function):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    assigned[target.id] = assigned.get(target.id, 0) + 1
                    if isinstance(node.value, ast.GeneratorExp):
                        generators[target.id] = node.lineno
    for name, line in generators.items():
        reads = [
            n for n in _own_nodes(function) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
        ]
        if assigned[name] == 1 and len(reads) > 1:
            yield line, f"the generator {name!r} is read {len(reads)} times"
        if any(
            isinstance(n, ast.If | ast.While) and isinstance(n.test, ast.Name) and n.test.id == name
            for n in _own_nodes(function)
        ):
            yield line, f"the generator {name!r} is tested for truth: it is always true"


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(function):
        yield child
        if not isinstance(child, _FUNCTIONS):
            yield from _own_nodes(child)
