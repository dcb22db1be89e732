"""Finding every translatable string without GNU gettext, and keeping the French catalogue in step.

English is written in the code; French, the interface's first language, is in locale/fr/LC_MESSAGES/django.po.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template import Engine, Template, engines
from django.template.base import FilterExpression, Variable
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

CATALOGUE = Path("locale/fr/LC_MESSAGES/django.po")
ROOMS = ("billing", "provisioning", "shared_apps", "tenant_apps", "platform/baobab", "templates")
_SINGULAR = {"_", "gettext", "gettext_lazy", "gettext_noop"}
_PLURAL = {"ngettext", "ngettext_lazy"}
_CONTEXT = {"pgettext", "pgettext_lazy"}
_MARKED_CONSTANT = re.compile(r"""\b_\((["'])(.*?)\1\)""")


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """One string to translate."""

    text: str
    plural: str = ""
    context: str = ""


def find_messages(root: Path) -> dict[Message, set[str]]:
    """Every message of the product's code and templates, with the files it stands in."""
    found: dict[Message, set[str]] = {}
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            place = path.relative_to(root)
            if "tests" in place.parts or "migrations" in place.parts or not path.is_file():
                continue
            if path.suffix == ".py":
                messages = _in_python(path)
            elif path.suffix in (".html", ".txt") and "templates" in place.parts:
                messages = _in_template(path)
            else:
                continue
            for message in messages:
                found.setdefault(message, set()).add(str(place))
    return found


def _in_python(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        if not texts or not all(isinstance(text, str) for text in texts[:2]):
            continue
        if name in _SINGULAR:
            yield Message(str(texts[0]))
        elif name in _PLURAL and len(texts) > 1:
            yield Message(str(texts[0]), plural=str(texts[1]))
        elif name in _CONTEXT and len(texts) > 1:
            yield Message(str(texts[1]), context=str(texts[0]))


def _in_template(path: Path) -> Iterator[Message]:
    source = path.read_text()
    engine: Engine = engines["django"].engine
    yield from _in_nodes(Template(source, engine=engine).nodelist)
    yield from (Message(text) for _, text in _MARKED_CONSTANT.findall(source))


def _in_nodes(nodes: Any) -> Iterator[Message]:
    for node in nodes:
        if isinstance(node, TranslateNode):
            variable = node.filter_expression.var
            if isinstance(variable, Variable) and isinstance(variable.literal, str):
                yield Message(str(variable.literal), context=_constant(node.message_context))
        elif isinstance(node, BlockTranslateNode):
            yield _block(node)
        # Block tags of our own (alert, dialog, menu) keep their content in `nodelist` without saying so.
        for name in {*node.child_nodelists, "nodelist"}:
            yield from _in_nodes(getattr(node, name, None) or ())
        for _condition, children in getattr(node, "conditions_nodelists", ()):
            yield from _in_nodes(children)


def _block(node: BlockTranslateNode) -> Message:
    singular = node.render_token_list(node.singular)[0]
    plural = node.render_token_list(node.plural)[0] if node.plural else ""
    if node.trimmed:
        singular, plural = _trimmed(singular), _trimmed(plural)
    return Message(singular, plural=plural, context=_constant(node.message_context))


def _trimmed(text: str) -> str:
    return " ".join(line.strip() for line in text.split("\n") if line.strip())


def _constant(expression: FilterExpression | None) -> str:
    return str(expression.var) if expression is not None else ""


def project_root() -> Path:
    """The folder that holds the rooms."""
    return Path(settings.BASE_DIR)
