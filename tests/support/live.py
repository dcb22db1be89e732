"""Fixtures for modules whose tests have servers and processes of their own. A module imports those it wants.

Each is known to its tests by the name it is given here, not by that of its function.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulators.payments.runner import SimulatorHandle, start_simulator
from tests.support.stack import Stack, running_stack


@pytest.fixture(autouse=True, name="_clean_state")
def keep_state() -> None:
    """Takes the place of the suite's fixture of this name, which cleans servers that these tests do not use."""


@pytest.fixture(scope="module", name="simulator")
def live_simulator() -> Iterator[SimulatorHandle]:
    """A payment simulator for the whole module, never emptied."""
    handle = start_simulator()
    yield handle
    handle.stop()


@pytest.fixture(scope="module", name="stack")
def live_stack(simulator: SimulatorHandle) -> Iterator[Stack]:
    """A whole platform whose providers are the simulator."""
    with running_stack(own_postgres=False, PAYMENT_SIMULATOR_URL=simulator.url) as stack:
        simulator.set_webhook("paypal", stack.address() + "/hooks/paypal/")
        yield stack
