"""Who may give what to whom. Pure."""

from __future__ import annotations

from dataclasses import dataclass

MANAGE_MEMBERS = "team.manage_members"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person may do, or what a role lets people do."""

    is_owner: bool = False
    codes: frozenset[str] = frozenset()

    def reaches(self, other: Standing) -> bool:
        """Whether this person may give, take away or change what `other` stands for.

        Nobody gives away more than they hold; owners are made and unmade by owners only.
        """
        return self.is_owner or (not other.is_owner and other.codes <= self.codes)

    def may_manage(self, *given: Standing) -> bool:
        """Whether this person may manage members, and give or take all that is `given`."""
        return MANAGE_MEMBERS in self.codes and all(self.reaches(one) for one in given)
