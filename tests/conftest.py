# SPDX-License-Identifier: Apache-2.0
"""What tests on the lab share. Run them by `./dev test system` or `./dev test interop`."""

import os
from collections.abc import Iterator

import pytest

from lab.backends import Backends
from lab.capture import Capture, capture
from lab.mainstay_pair import MainstayPair
from lab.topology import Lab
from lab.traffic import Amount, Traffic, flowing

LOG_LINES = 60


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "patient: bears another lab at the same time; nothing is judged by milliseconds")
    if "MAINSTAY_LAB" not in os.environ:
        pytest.exit("these tests run in namespaces of their own: ./dev test system, ./dev test interop", 2)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


@pytest.fixture
def backends(lab: Lab) -> Backends:
    """Three servers, up."""
    backends = Backends(lab)
    backends.start_all()
    return backends


@pytest.fixture
def pair(lab: Lab, backends: Backends) -> MainstayPair:
    """lb1 Active, lb2 Backup, every backend healthy; no preemption, 100 ms between advertisements."""
    pair = MainstayPair(lab, backends, interval_millis=100)
    pair.start()
    return pair


@pytest.fixture(scope="module")
def steady_pair() -> Iterator[MainstayPair]:
    """The same for all tests of a module that leave a pair as they found it."""
    with Lab() as lab:
        backends = Backends(lab)
        backends.start_all()
        pair = MainstayPair(lab, backends, interval_millis=100)
        pair.start()
        yield pair


@pytest.fixture
def traffic(pair: MainstayPair) -> Iterator[Traffic]:
    """Probes and requests, flowing; no download."""
    with flowing(pair, Amount(download=False)) as traffic:
        yield traffic


@pytest.fixture
def wire(lab: Lab) -> Iterator[Capture]:
    """Every VRRP and ARP frame from the start of the test on; ask for it before the nodes."""
    with capture(lab) as captured:
        yield captured


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Shows the end of each node's logs below a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    arguments = getattr(item, "funcargs", {})
    pair = arguments.get("steady_pair")
    lab = pair.lab if isinstance(pair, MainstayPair) else arguments.get("lab")
    if report.failed and isinstance(lab, Lab):
        for log in sorted(lab.directory.glob("*/log/*.log")):
            text = log.read_text(errors="replace")
            if text.strip() and log.name != "backend.log" and not log.name.startswith("sniffer"):
                report.sections.append((f"{log.parent.parent.name}: {log.name}", _end(text)))


def _end(text: str) -> str:
    return "\n".join(text.splitlines()[-LOG_LINES:])
