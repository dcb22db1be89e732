"""How an address is read."""

from __future__ import annotations

from collections.abc import Iterable


def lines_of_address(*parts: str) -> list[str]:
    """The lines of an address, from the street to the zone, each place said once: a town is not told again where it is the
    name of the zone too, nor where another line names it between commas. Of the same words twice, the first stay."""
    lines = [part.strip() for part in parts if part.strip()]
    said = [_places(line) for line in lines]
    return [
        line
        for place, line in enumerate(lines)
        if not any(
            _is_said_by(said[place], other, is_before=at < place) for at, other in enumerate(said) if at != place
        )
    ]


def _is_said_by(own: frozenset[str], other: frozenset[str], *, is_before: bool) -> bool:
    return own < other or (own == other and is_before)


def _places(line: str) -> frozenset[str]:
    return frozenset(_folded(line.split(",")))


def _folded(names: Iterable[str]) -> Iterable[str]:
    return (" ".join(name.split()).casefold() for name in names if name.strip())
