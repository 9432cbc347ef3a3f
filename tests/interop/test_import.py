# SPDX-License-Identifier: Apache-2.0
"""Importing the configurations that Debian's keepalived comes with."""

import json
from pathlib import Path

import pytest

from lab.mainstay import Mainstay, Settings
from lab.topology import Lab

SAMPLES = Path("/usr/share/doc/keepalived/samples")

def samples() -> list[Path]:
    return sorted(SAMPLES.glob("keepalived.conf.*"))


def test_every_sample_becomes_a_configuration_and_every_loss_is_told(lab: Lab) -> None:
    if not samples():
        pytest.skip("this installation has no samples of keepalived (dpkg --path-exclude?)")
    node = Mainstay(lab["lb1"], Settings("lb1", 100))
    lost = []
    for sample in samples():
        done = node.attempt("--json", "config", "import", str(sample))
        assert done.status == 0, done.errors
        imported = json.loads(done.output)
        if imported["virtual_routers"] + imported["services"] == 0:
            lost.append(sample.name)
            assert any(note["kind"] == "NOT_MAPPED" for note in imported["notes"]), sample.name
        node.config.write_text(imported["yaml"])
        problems = json.loads(node.attempt("--json", "config", "check", str(node.config)).output)["problems"]
        # Programs that only a host of the sample would have are kept and told.
        assert all("no such file" in problem["message"] for problem in problems), (sample.name, problems)
    assert len(lost) <= 3, lost


def test_what_keepalived_runs_with_is_what_mainstay_runs_with(lab: Lab) -> None:
    """The importer's file takes over from keepalived on the wire."""
    node = Mainstay(lab["lb1"], Settings("lb1", 100))
    conf = node.node.directory / "keepalived.conf"
    conf.write_text("""
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 150
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        198.18.0.100/24
    }
}
""")
    output = node.node.directory / "imported.yaml"
    assert node.attempt("config", "import", str(conf), "--output", str(output)).status == 0
    again = node.attempt("config", "import", str(conf), "--output", str(output))
    assert again.status == 1 and "exists already" in again.errors
    node.start(output.read_text())
    node.await_holding()
