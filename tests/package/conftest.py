# SPDX-License-Identifier: Apache-2.0
"""The packages that ./dev package has made, and the same under a later version."""

import subprocess
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parent.parent.parent / "target" / "package"

LATER = "+later"
"""What the version of the later packages has at its end."""


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


@pytest.fixture(scope="session")
def later_deb(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packed quickly."""
    directory = tmp_path_factory.mktemp("later")
    subprocess.run(["dpkg-deb", "--raw-extract", str(deb), str(directory / "root")], check=True)
    control = directory / "root/DEBIAN/control"
    lines = control.read_text().splitlines()
    control.write_text("".join(f"{line}{LATER if line.startswith('Version:') else ''}\n" for line in lines))
    built = directory / deb.name.replace("_amd64", f"{LATER}_amd64")
    subprocess.run(["dpkg-deb", "--build", "-Zgzip", "-z1", str(directory / "root"), str(built)], check=True)
    return built


@pytest.fixture(scope="session")
def later_rpm(rpm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packed quickly."""
    directory = tmp_path_factory.mktemp("later-rpm")
    version = rpm.name.removeprefix("mainstay-").rpartition("-1.")[0]
    command = PACKAGES.parent.parent / "dev.d" / "pack-rpm"
    subprocess.run([str(command), str(PACKAGES / "root"), version + LATER, str(directory), "w1.gzdio"], check=True)
    return next(directory.glob("mainstay-*.rpm"))
