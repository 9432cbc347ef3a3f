# SPDX-License-Identifier: Apache-2.0
"""The packages that ./dev package has made."""

from pathlib import Path

import pytest

PACKAGES = Path(__file__).parent.parent.parent / "target" / "package"


def _one(pattern: str) -> Path:
    found = list(PACKAGES.glob(pattern))
    assert len(found) == 1, f"{PACKAGES}: {len(found)} files {pattern} (expected: 1; ./dev package makes them)"
    return found[0]


@pytest.fixture(scope="session")
def deb() -> Path:
    return _one("mainstay_*.deb")


@pytest.fixture(scope="session")
def rpm() -> Path:
    return _one("mainstay-*.rpm")
