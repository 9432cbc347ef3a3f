# SPDX-License-Identifier: Apache-2.0
"""The demo as a whole: it ends well, and its figures are there as data."""

import json
import subprocess
from pathlib import Path

STEPS = ["drain_backend", "kill_backend", "switchover", "kill_active", "cut_link", "freeze_active", "recover"]


def test_demo_plays_every_step(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    done = subprocess.run(
        ["/usr/bin/python3", "-m", "lab.demo", "--json", str(file)], capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(file.read_text())
    assert figures["interval_ms"] == 100
    assert [step["name"] for step in figures["steps"]] == STEPS
    by_name = {step["name"]: step for step in figures["steps"]}
    assert all(
        isinstance(step[key], int | float)
        for step in figures["steps"]
        for key in ("outage_ms", "failed_requests", "reset_connections")
    )
    assert by_name["switchover"]["lost_probes"] == 0
    assert by_name["switchover"]["reset_connections"] == 0
    assert by_name["drain_backend"]["reset_connections"] == 0
    assert by_name["cut_link"]["outage_ms"] > 0


def test_demo_refuses_what_it_does_not_know() -> None:
    done = subprocess.run(
        ["/usr/bin/python3", "-m", "lab.demo", "--interval", "15ms"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "15ms (expected: 10ms..40.95s in steps of 10ms)" in done.stderr
