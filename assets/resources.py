"""What assets are given: the hub over one home, and the clock. Tests replace both."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import dagster as dg

from hub.hub import Hub
from policy.clock import SHANGHAI


class HubResource(dg.ConfigurableResource[None]):
    """Opens the hub over a home.

    Attributes:
        home: the folder of all state.
    """

    home: str

    @contextmanager
    def opened(self) -> Iterator[Hub]:
        """The hub, its schema current, closed afterwards.

        Raises:
            UserError: there is no home at that place.
        """
        hub = Hub(Path(self.home))
        try:
            hub.upgrade()
            yield hub
        finally:
            hub.close()


class Clock(dg.ConfigurableResource[None]):
    """The moment of a run. The one place of this door that reads the clock.

    Attributes:
        fixed: pretend it is this moment (ISO 8601 with offset); empty for the real one.
    """

    fixed: str = ""

    def now(self) -> datetime:
        """The present moment, Beijing time."""
        return datetime.fromisoformat(self.fixed) if self.fixed else datetime.now(tz=SHANGHAI)
