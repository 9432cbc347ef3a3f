# SPDX-License-Identifier: Apache-2.0
"""`mainstay doctor` names what is wrong with a host."""

import re
from pathlib import Path
from typing import Any

import pytest

from lab import fault
from lab.clock import now
from lab.mainstay import ROUTER, TREE, Mainstay, Settings, parse_json
from lab.mainstay_pair import MainstayPair
from lab.topology import INTERFACE, VIP, Lab

pytestmark = pytest.mark.patient

DROP = """table inet filter {{
    chain {hook} {{
        type filter hook {hook} priority 0; policy accept;
        tcp dport 22 accept
        meta l4proto 112 counter drop
    }}
}}
"""


def examine(node: Mainstay, expected_status: int) -> list[dict[str, Any]]:
    attempt = node.attempt("--json", "doctor", str(node.config))
    assert attempt.status == expected_status, attempt.output + attempt.errors
    findings: list[dict[str, Any]] = parse_json(attempt.output)["findings"]
    return findings


def failures(findings: list[dict[str, Any]]) -> list[str]:
    return [f"{finding['check']} {finding['subject']}" for finding in findings if finding["grade"] == "FAILED"]


def test_a_sound_pair_has_nothing_that_failed(pair: MainstayPair) -> None:
    for name in ("lb1", "lb2"):
        findings = examine(pair.nodes[name], 0)
        assert failures(findings) == []
        checks = {finding["check"] for finding in findings if finding["grade"] == "OK"}
        assert {"daemon", "interface", "firewall", "advertisements", "peers", "address"} <= checks, findings
    shown = pair.nodes["lb2"].attempt("doctor", str(pair.nodes["lb2"].config)).output
    assert "198.18.0.1 is Active with priority 250" in shown
    assert f"{VIP}/24: is with {pair.lab.mac('lb1')}, the Active" in shown


def test_a_daemon_that_was_not_restarted_after_an_upgrade_is_named(pair: MainstayPair, tmp_path: Path) -> None:
    node = pair.nodes["lb1"]
    built = node.command("version", "--verbose")
    assert (built["daemon_restart"], built["daemon_commit"]) == ("not needed", built["commit"])
    for year, stands in ((2999, "older"), (1999, "newer")):
        program = of_another_year(tmp_path / str(year), built["version"], year)
        told = node.node.run(program, "--socket", str(node.socket), "version", "--verbose")
        assert re.search(rf"(?m)^daemon restart +needed: the daemon is {stands} than this program", told), told
        asked = node.node.run(program, "--socket", str(node.socket), "--json", "doctor", str(node.config))
        daemon = next(finding for finding in parse_json(asked)["findings"] if finding["check"] == "daemon")
        assert daemon["grade"] == "WARNING" and f"{stands} than this program" in daemon["found"], daemon
        assert daemon["advice"].startswith("mainstay config check && systemctl restart mainstay"), daemon


def of_another_year(directory: Path, version: str, year: int) -> str:
    """The command line as another version that was installed has it; returns the program."""
    written = directory / "io/mainstay/observe/version.txt"
    written.parent.mkdir(parents=True)
    written.write_text(f"{version}\n0123456789ab\n{year}-01-01T00:00:00Z\n")
    launcher = (TREE / "bin" / "mainstay").read_text()
    assert launcher.count("home=${self%/bin/*}") == 1 and launcher.count('-cp "') == 1, launcher
    program = directory / "mainstay"
    program.write_text(launcher.replace("${self%/bin/*}", str(TREE)).replace('-cp "', f'-cp "{directory}:'))
    program.chmod(0o755)
    return str(program)


def test_a_firewall_that_drops_protocol_112_is_found_by_its_rules_and_on_trial(lab: Lab) -> None:
    active, other = (
        Mainstay(lab[name], Settings(name, 100, more_addresses=("2001:db8::100/64",))) for name in ("lb1", "lb2")
    )
    active.start()
    active.await_holding()
    # Before its own daemon is started: deaf, that would be Active as well.
    other.config.write_text(other.settings.yaml())
    lab["lb2"].run("nft", "-f", "-", stdin=DROP.format(hook="input"))
    findings = examine(other, 1)
    scheduling = next(finding for finding in findings if finding["check"] == "scheduling")
    assert scheduling["found"] == "no daemon runs here", "that of lb1 is seen in /proc, and is another network's"
    expected = {f"firewall {INTERFACE}", f"advertisements {INTERFACE}", f"advertisements {INTERFACE} IPv6"}
    assert expected <= set(failures(findings))
    assert any("nftables drops IPv6 advertisements coming in" in finding["found"] for finding in findings)
    named = next(finding for finding in findings if finding["check"] == "firewall" and finding["grade"] == "FAILED")
    assert "coming in: the rule with handle" in named["found"] and "chain input of table inet filter" in named["found"]
    assert "l4proto 112" in named["advice"]
    lab["lb1"].run("nft", "-f", "-", stdin=DROP.format(hook="output"))
    # The kernel tells the daemon that it may not send.
    active.await_state("FAULT")
    findings = examine(active, 1)
    assert {f"firewall {INTERFACE}", f"virtual router {ROUTER}"} <= set(failures(findings))
    assert any("going out: the rule with handle" in finding["found"] for finding in findings)


def test_strangers_and_stolen_addresses_are_named(lab: Lab) -> None:
    node = Mainstay(lab["lb1"], Settings("lb1", 250, address="198.18.0.77/24"))
    node.config.write_text(node.settings.yaml())
    lab["web1"].run("ip", "address", "add", "198.18.0.77/24", "dev", INTERFACE)
    other = Mainstay(lab["lb2"], Settings("lb2", 100))
    other.start()
    other.await_holding()
    findings = examine(node, 1)
    texts = [finding["found"] for finding in findings if finding["grade"] == "FAILED"]
    assert any("it uses VRID 51 for" in text and VIP in text for text in texts), texts
    assert any("Connection refused" in text for text in texts), texts
    assert any(lab.mac("web1") in text and "advertises no virtual router" in text for text in texts), texts
    assert next(finding for finding in findings if finding["check"] == "daemon")["grade"] == "WARNING"


def test_a_dead_interface_and_a_deaf_kernel_are_named(lab: Lab) -> None:
    node = Mainstay(lab["lb1"], Settings("lb1", 250))
    node.config.write_text(node.settings.yaml())
    lab["lb1"].run("sysctl", "-q", "-w", f"net.ipv4.conf.{INTERFACE}.arp_ignore=8")
    with fault.cable_pulled(lab, "lb1"):
        began = now()
        findings = examine(node, 1)
        assert now() - began < 20e9
    assert {f"interface {INTERFACE}", f"sysctl {INTERFACE}"} <= set(failures(findings))
    node.config.write_text(node.settings.yaml().replace(INTERFACE, "eth7"))
    assert "interface eth7" in failures(examine(node, 1))
    node.config.write_text("virtual_routers: 7\n")
    assert node.attempt("doctor", str(node.config)).status == 3
