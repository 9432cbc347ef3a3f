# SPDX-License-Identifier: Apache-2.0
"""The packages that ./dev package has made, and the same under a later version."""

import os
import subprocess
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parent.parent.parent / "target" / "package"

LATER = "+later"
"""What the version of the later packages has at its end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, so that the rest fills the time in which a lab has no other beside it."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


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
    """Not compressed, which is quicker."""
    directory = tmp_path_factory.mktemp("later")
    subprocess.run(["dpkg-deb", "--raw-extract", str(deb), str(directory / "root")], check=True)
    control = directory / "root/DEBIAN/control"
    lines = control.read_text().splitlines()
    control.write_text("".join(f"{line}{LATER if line.startswith('Version:') else ''}\n" for line in lines))
    built = directory / deb.name.replace("_amd64", f"{LATER}_amd64")
    subprocess.run(["dpkg-deb", "--build", "-Znone", str(directory / "root"), str(built)], check=True)
    return built


@pytest.fixture(scope="session")
def later_rpm(rpm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack_later_rpm(rpm, PACKAGES / "root", tmp_path_factory.mktemp("later-rpm"))


def pack_later_rpm(rpm: Path, root: Path, directory: Path, umask: str = "022", **environment: str) -> Path:
    """Not compressed, as somebody would pack it whose umask and environment these are."""
    version = rpm.name.removeprefix("mainstay-").rpartition("-1.")[0]
    # Files that were newer would be dated back to that time, and the class data archive then not fit the jars.
    date = str(int(root.stat().st_mtime))
    program = PACKAGES.parent.parent / "dev.d" / "pack-rpm"
    subprocess.run(
        ["sh", "-c", f'umask {umask}; exec "$@"', "sh", str(program), str(root), version + LATER, str(directory), "w.ufdio"],
        env={**os.environ, "SOURCE_DATE_EPOCH": date, **environment},
        check=True,
    )
    return next(directory.glob("mainstay-*.rpm"))


@pytest.fixture(scope="session")
def same_rpm(rpm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The later one, packed once more: elsewhere, by somebody else."""
    directory = tmp_path_factory.mktemp("elsewhere")
    subprocess.run(["cp", "-a", str(PACKAGES / "root"), str(directory / "root")], check=True)
    made = directory / "made"
    made.mkdir()
    return pack_later_rpm(rpm, directory / "root", made, "077", TZ="Asia/Kathmandu", LC_ALL="de_DE.UTF-8", USER="another")
