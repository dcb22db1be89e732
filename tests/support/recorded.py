"""What product code gives to `record`, read from its source as far as it is written out there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.databases import ROOT

Functions = dict[str, ast.FunctionDef]


@cache
def actions() -> set[str]:
    """Every action; "*" stands for what is filled in."""
    return {text for value, _scope in _given("action") for text in _texts(value)}


@cache
def categories() -> set[str]:
    """Every category."""
    return {text for value, _scope in _given("category") for text in _texts(value)}


@cache
def fields() -> set[str]:
    """Every name of a field before or after."""
    return {key for side in ("before", "after") for value, scope in _given(side) for key in scope.keys(value)}


class _Scope:
    """A function of a module, for what its names stand for."""

    def __init__(self, function: ast.FunctionDef, module: Functions) -> None:
        self.module = module
        self.values: dict[str, list[ast.expr]] = {}
        for node in ast.walk(function):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            value = getattr(node, "value", None)
            for target in targets:
                if isinstance(target, ast.Name) and isinstance(value, ast.expr):
                    self.values.setdefault(target.id, []).append(value)

    def named(self, value: ast.expr) -> list[ast.expr]:
        return self.values.get(value.id, []) if isinstance(value, ast.Name) else [value]

    def keys(self, value: ast.expr | None) -> set[str]:
        """The keys of a dictionary: written out, under a name, put together, or what a function makes."""
        if isinstance(value, ast.Name):
            return {key for one in self.values.pop(value.id, []) for key in self.keys(one)}
        if isinstance(value, ast.Dict):
            plain = {str(key.value) for key in value.keys if isinstance(key, ast.Constant)}
            return plain.union(*(self.keys(one) for key, one in zip(value.keys, value.values, strict=True) if not key))
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            made = self.module.get(value.func.id) or _all_functions().get(value.func.id)
            returned = [node.value for node in ast.walk(made) if isinstance(node, ast.Return)] if made else []
            scope = _Scope(made, self.module) if made else self
            return set().union(*map(self.keys, value.args), *map(scope.keys, returned))
        parts = [getattr(value, name, None) for name in ("body", "orelse", "left", "right")]
        return {key for part in parts if isinstance(part, ast.expr) for key in self.keys(part)}


def _given(name: str) -> Iterator[tuple[ast.expr, _Scope]]:
    """What is given to `record` under a name, also through functions that take it under that name."""
    for module in _modules():
        for function in module.values():
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                    for value in _arguments(call, name, module.get(call.func.id) or _all_functions().get(call.func.id)):
                        yield from ((one, _Scope(function, module)) for one in _Scope(function, module).named(value))


def _arguments(call: ast.Call, name: str, called: ast.FunctionDef | None) -> list[ast.expr]:
    if getattr(call.func, "id", "") != "record" and not (called and _records(called)):
        return []
    names = [argument.arg for argument in called.args.args] if called else []
    by_name = [keyword.value for keyword in call.keywords if keyword.arg == name]
    by_place = [value for place, value in zip(names, call.args, strict=False) if place == name]
    # record(..., **changes(before, after)) gives both sides at once.
    spread = [one for keyword in call.keywords if keyword.arg is None for one in getattr(keyword.value, "args", [])]
    return by_name + by_place + (spread if name in ("before", "after") else [])


@cache
def _records(function: ast.FunctionDef) -> bool:
    return any(getattr(getattr(node, "func", None), "id", "") == "record" for node in ast.walk(function))


def _texts(value: ast.expr) -> set[str]:
    if isinstance(value, ast.Constant):
        return {str(value.value)}
    if isinstance(value, ast.IfExp):
        return _texts(value.body) | _texts(value.orelse)
    if isinstance(value, ast.JoinedStr):
        return {"".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in value.values)}
    return set()


@cache
def _modules() -> list[Functions]:
    rooms = ("billing", "provisioning", "shared_apps", "tenant_apps")
    return [_functions(path) for room in rooms for path in (ROOT / room).rglob("*.py") if _is_product(path)]


@cache
def _all_functions() -> Functions:
    return {name: function for module in _modules() for name, function in module.items() if name[0] != "_"}


def _functions(path: Path) -> Functions:
    return {node.name: node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def _is_product(path: Path) -> bool:
    return "tests" not in path.parts and "migrations" not in path.parts
