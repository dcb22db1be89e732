"""Random runs of a workspace's operations, each from the same state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from shared_apps.core.errors import DomainError
from shared_apps.usage.counted import counted_here
from shared_apps.usage.models import UsageCounter
from shared_apps.usage.selectors import counted_now

Operations = Mapping[str, Callable[[int], object]]
Run = list[tuple[str, int]]

# One database serves all examples: `undone` puts it back.
random_runs = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def runs_of(operations: Operations) -> st.SearchStrategy[Run]:
    """Lists of operations, each with a number by which it chooses what to act on."""
    return st.lists(st.tuples(st.sampled_from(sorted(operations)), st.integers(0, 3)), min_size=3, max_size=20)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is rolled back."""
    cache.clear()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def check_run(operations: Operations, run: Run, *, at_most: Mapping[str, int], older: bool) -> None:
    """After every step, refused or not, the counters say what is true and no limit is passed.

    `older`: as in a workspace that is older than its counters, each step is the first that needs them.
    """
    for name, number in run:
        if older:
            UsageCounter.objects.all().delete()
        with suppress(DomainError), transaction.atomic():
            operations[name](number)
        truth = {name: counted.count() for name, counted in counted_here().items()}
        assert counted_now() == truth
        assert all(truth[name] <= limit for name, limit in at_most.items()), truth
