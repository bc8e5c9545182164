"""So many requests a minute, counted in this process: a script that runs wild is slowed down."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

A_MINUTE = 60.0
MOST_CALLERS = 10_000
"""Of whom it is known how much they asked; those who asked longest ago are forgotten."""


@dataclass
class Limit:
    """A bucket a caller, which holds `most` requests and fills up again in a minute."""

    most: int = 60
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Caller → what is left, and when that was."""
    _lock: Lock = field(default_factory=Lock)

    def wait(self, caller: str) -> int:
        """Take one request of a caller; returns 0, or after how many seconds there is one."""
        a_second = self.most / A_MINUTE
        with self._lock:
            now = self.clock()
            left, since = self._buckets.pop(caller, (float(self.most), now))
            left = min(self.most, left + (now - since) * a_second)
            is_free = left >= 1
            self._buckets[caller] = (left - 1 if is_free else left, now)
            if len(self._buckets) > MOST_CALLERS:
                del self._buckets[next(iter(self._buckets))]
        return 0 if is_free else math.ceil((1 - left) / a_second)
