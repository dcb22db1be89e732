"""Finds floating-point numbers near money: literals, annotations, conversions and true division."""

from __future__ import annotations

import ast
from pathlib import Path

# What is a float there is no money: seconds (time-outs, token ages, patience), and how alike pictures and names are.
NOT_MONEY = (
    "billing/lookalike.py",
    "billing/providers/transport.py",
    "billing/providers/turns.py",
    "billing/statements/matching.py",
)
_SECONDS = ("timeout", "patience", "seconds", "margin", "age", "clock", "pause")


def floats_in(path: Path, name: str) -> list[str]:
    """Every place of a file where a float appears, as "name:line what"; names of seconds are let pass."""
    if name in NOT_MONEY:
        return []
    tree = ast.parse(path.read_text())
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    return [
        f"{name}:{node.lineno} {what}"
        for node in ast.walk(tree)
        if (what := _float(node)) and not _is_about_seconds(node, parents)
    ]


def _float(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        return f"literal {node.value}"
    if isinstance(node, ast.Name) and node.id == "float":
        return "float"
    if isinstance(node, ast.Attribute) and node.attr in ("FloatField", "as_tuple_float"):
        return node.attr
    return ""


def _is_about_seconds(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether the assignment, argument or keyword around it names a time."""
    current: ast.AST | None = node
    while current is not None and not isinstance(current, ast.stmt | ast.Module):
        label = getattr(current, "arg", None) or ""
        if isinstance(label, str) and any(word in label for word in _SECONDS):
            return True
        current = parents.get(current)
    targets = [current.target] if isinstance(current, ast.AnnAssign) else getattr(current, "targets", [])
    return any(word in ast.unparse(target).lower() for target in targets for word in _SECONDS)
