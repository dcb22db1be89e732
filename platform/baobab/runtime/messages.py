"""Translations: every `.po` file of the checkout compiled to the `.mo` file that gettext reads (no gettext needed)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from baobab.runtime import files
from baobab.runtime.problems import RuntimeProblem


def find_catalogues(root: Path) -> Iterator[Path]:
    """Yield `locale/<language>/LC_MESSAGES/*.po` of the project and of its apps; hidden folders are not entered."""
    for folder in files.folders_named(root, "locale"):
        yield from sorted(folder.glob("*/LC_MESSAGES/*.po"))


def compile_messages(root: Path) -> int:
    """Compile each catalogue that changed since its `.mo` was made; return how many were.

    The `.mo` is given its source's time: any change of that time, back as well as forth, compiles it again.

    Raises:
        RuntimeProblem: a catalogue cannot be read; the text names the file and the line.
    """
    compiled = 0
    for source in find_catalogues(root):
        target = source.with_suffix(".mo")
        changed = source.stat().st_mtime_ns
        if target.exists() and target.stat().st_mtime_ns == changed:
            continue
        files.write_atomically(target, _compile(source), mode=0o644)
        os.utime(target, ns=(changed, changed))
        compiled += 1
    return compiled


def _compile(source: Path) -> bytes:
    # Imported here alone: production has no polib, its messages are compiled when the image is built.
    import polib  # type: ignore[import-untyped]  # it ships no types

    try:
        content: bytes = polib.pofile(str(source), check_for_duplicates=True).to_binary()
    except (OSError, ValueError) as error:
        raise RuntimeProblem(f"The translations in {source} cannot be read: {error}") from error
    return content
