"""Who may give what to whom."""

from __future__ import annotations

import pytest

from tenant_apps.team.policies import Standing

OWNER = Standing(is_owner=True, codes=frozenset("abc"))
ALL = Standing(codes=frozenset("abc"))
SOME = Standing(codes=frozenset("ab"))
NONE = Standing()


@pytest.mark.parametrize(
    ("mine", "other", "reaches"),
    [
        (OWNER, OWNER, True),
        (OWNER, ALL, True),
        (ALL, OWNER, False),
        (ALL, ALL, True),
        (ALL, SOME, True),
        (SOME, ALL, False),
        (SOME, Standing(codes=frozenset("c")), False),
        (SOME, NONE, True),
        (NONE, SOME, False),
    ],
)
def test_nobody_reaches_above_themselves(mine: Standing, other: Standing, reaches: bool) -> None:
    assert mine.reaches(other) is reaches
