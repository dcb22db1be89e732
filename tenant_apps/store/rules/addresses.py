"""How an address is read."""

from __future__ import annotations


def lines_of_address(*parts: str) -> list[str]:
    """The lines of an address, from the street to the zone, each place said once: a town is not told again where it is the
    name of the zone too, nor where another line names it between commas. Of the same words twice, the first stay."""
    lines = [part.strip() for part in parts if part.strip()]
    said = [_places(line) for line in lines]
    return [
        line
        for at, line in enumerate(lines)
        if said[at] not in said[:at] and not any(said[at] < other for other in said)
    ]


def _places(line: str) -> frozenset[str]:
    return frozenset(" ".join(name.split()).casefold() for name in line.split(",") if name.strip())
