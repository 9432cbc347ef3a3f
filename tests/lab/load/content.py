# SPDX-License-Identifier: Apache-2.0
"""The endless content of downloads: any backend can serve it from any byte, and the client can check every byte."""

import random

# A prime period, so that no swapped or repeated block of a usual size goes unnoticed.
PERIOD = 1_048_573
_ONCE = random.Random(9568).randbytes(PERIOD)
_TWICE = _ONCE + _ONCE


def content(offset: int, length: int) -> bytes:
    """The bytes from offset on; at most one period at once."""
    start = offset % PERIOD
    return _TWICE[start : start + length]
