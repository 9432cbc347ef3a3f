# SPDX-License-Identifier: Apache-2.0
"""Waiting for conditions, never for time to pass."""

import time
from collections.abc import Callable
from typing import Literal, TypeVar

Found = TypeVar("Found")

PAUSE_SECONDS = 0.02
"""Between two looks at a condition."""


class NotInTime(AssertionError):
    """A condition did not come true before its deadline."""


def wait_until(
    what: str,
    condition: Callable[[], Found | None | Literal[False]],
    seconds: float = 40.0,
    pause: float = PAUSE_SECONDS,
) -> Found:
    """Returns the first true result of the condition, or fails after the deadline and says what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() >= deadline:
            raise NotInTime(f"not within {seconds:g} s: {what}")
        time.sleep(pause)
