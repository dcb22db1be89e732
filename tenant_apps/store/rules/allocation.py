"""From which places an order's pieces are taken. Pure: what lies where is given, nothing is read or written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """So many pieces of a variant for a line of an order; `key` is what the caller knows the line by."""

    key: int
    variant: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Free:
    """So many pieces of a variant that can be taken from a level. Below one: none."""

    level: int
    variant: int
    pieces: int


@dataclass(frozen=True, slots=True)
class Take:
    """So many pieces for a line from a level."""

    key: int
    level: int
    quantity: int


def allocate(needs: Iterable[Need], free: Sequence[Free]) -> tuple[list[Take], dict[int, int]]:
    """What to take for each line, from the levels in the order they are given; and how many pieces of which variants are
    missing then (empty: everything was found). Lines of the same variant share its levels.
    """
    left = {one.level: max(0, one.pieces) for one in free}
    levels: dict[int, list[int]] = {}
    for one in free:
        levels.setdefault(one.variant, []).append(one.level)
    takes: list[Take] = []
    missing: dict[int, int] = {}
    for need in needs:
        wanted = need.quantity
        for level in levels.get(need.variant, ()):
            pieces = min(wanted, left[level])
            if pieces:
                takes.append(Take(need.key, level, pieces))
                left[level] -= pieces
                wanted -= pieces
        if wanted:
            missing[need.variant] = missing.get(need.variant, 0) + wanted
    return takes, missing


def per_level(takes: Iterable[Take]) -> Mapping[int, int]:
    """How many pieces leave each level."""
    sums: dict[int, int] = {}
    for take in takes:
        sums[take.level] = sums.get(take.level, 0) + take.quantity
    return sums
