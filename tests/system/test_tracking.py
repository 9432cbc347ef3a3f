# SPDX-License-Identifier: Apache-2.0
"""Trackers, hooks, sync groups and the start-up delay on a real kernel."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab import fault
from lab.backends import Backends
from lab.mainstay import Mainstay, Settings, one
from lab.mainstay_pair import start_in_order
from lab.topology import ADDRESSES, Lab
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

PRIORITIES = {"lb1": 250, "lb2": 245}


def executable(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def start_pair(lab: Lab, backends: Backends, lines: Callable[[str], str]) -> dict[str, Mainstay]:
    """Two nodes that preempt, lb1 first, each with the given keys of the virtual router."""
    del backends
    nodes = {
        name: Mainstay(lab[name], Settings(name, priority, router_lines=lines(name)))
        for name, priority in PRIORITIES.items()
    }
    start_in_order(nodes["lb1"], nodes["lb2"])
    return nodes


def await_moved(nodes: dict[str, Mainstay], to: str) -> None:
    other = "lb1" if to == "lb2" else "lb2"
    nodes[to].await_holding()
    nodes[other].await_not_holding()


@contextmanager
def second_link(lab: Lab, name: str) -> Iterator[None]:
    node = lab[name]
    node.run("ip", "link", "add", "up1", "type", "veth", "peer", "name", "peer1")
    node.run("ip", "link", "set", "up1", "up")
    node.run("ip", "link", "set", "peer1", "up")
    yield


def test_a_script_that_fails_moves_the_address_by_its_weight(lab: Lab, backends: Backends) -> None:
    flags = {name: lab[name].directory / "down" for name in PRIORITIES}

    def lines(name: str) -> str:
        script = executable(lab[name].directory / "check", f"[ ! -e {flags[name]} ] || {{ echo is down; exit 4; }}")
        return (
            f"track: {{scripts: [{{name: db, command: {script}, interval: 100ms, timeout: 90ms,"
            " failures: 2, success: 2, weight: -100}]}"
        )

    nodes = start_pair(lab, backends, lines)
    flags["lb1"].touch()
    await_moved(nodes, "lb2")
    router = nodes["lb1"].router()
    assert router["effective_priority"] == 150
    assert router["priority_breakdown"] == "250 - 100 (script db) = 150"
    tracker = one(router["trackers"], "db")
    assert (tracker["state"], tracker["added"], tracker["detail"]) == ("DOWN", -100, "exit status 4: is down")
    shown = nodes["lb1"].attempt("status").output
    assert "150 of 250" in shown and "250 - 100 (script db) = 150" in shown
    assert any(event["kind"] == "priority" for event in nodes["lb1"].events())
    flags["lb1"].unlink()
    await_moved(nodes, "lb1")


def test_a_script_that_hangs_is_killed_with_all_that_it_started(lab: Lab, backends: Backends) -> None:
    note = lab["lb1"].directory / "children"

    def lines(name: str) -> str:
        hang = f"[ ! -e {lab['lb1'].directory}/hang ] || {{ sleep 1000 & echo $! >>{note}; wait; }}"
        script = executable(lab[name].directory / "check", hang if name == "lb1" else "exit 0")
        return (
            f"track: {{scripts: [{{name: db, command: {script}, interval: 300ms, timeout: 200ms,"
            " failures: 2, success: 2}]}"
        )

    nodes = start_pair(lab, backends, lines)
    (lab["lb1"].directory / "hang").touch()
    await_moved(nodes, "lb2")
    nodes["lb1"].await_state("FAULT")
    (lab["lb1"].directory / "hang").unlink()
    await_moved(nodes, "lb1")
    for child in note.read_text().split():
        wait_until(f"process {child} is gone", lambda child=child: not Path(f"/proc/{child}").exists())


def test_an_interface_that_loses_its_carrier_moves_the_address_at_once(lab: Lab, backends: Backends) -> None:
    with second_link(lab, "lb1"), second_link(lab, "lb2"):
        nodes = start_pair(lab, backends, lambda name: "track: {interfaces: [{name: up1, interval: 1h}]}")
        lab["lb1"].run("ip", "link", "set", "peer1", "down")
        await_moved(nodes, "lb2")
        assert "interface up1: no carrier" in nodes["lb1"].router()["reason"]
        lab["lb1"].run("ip", "link", "set", "peer1", "up")
        await_moved(nodes, "lb1")


def test_a_process_that_ends_moves_the_address(lab: Lab, backends: Backends) -> None:
    pid_files = {name: lab[name].directory / "app.pid" for name in PRIORITIES}
    apps = {name: lab[name].start("app", "sleep", "1000") for name in PRIORITIES}
    for name, app in apps.items():
        pid_files[name].write_text(str(app.pid))
    nodes = start_pair(
        lab,
        backends,
        lambda name: f"track: {{processes: [{{name: app, pid_file: {pid_files[name]}, interval: 100ms}}]}}",
    )
    apps["lb1"].kill()
    await_moved(nodes, "lb2")
    nodes["lb1"].await_state("FAULT")


def test_a_file_states_the_weight(lab: Lab, backends: Backends) -> None:
    files = {name: lab[name].directory / "weight" for name in PRIORITIES}
    nodes = start_pair(
        lab, backends, lambda name: f"track: {{files: [{{path: {files[name]}, content: weight, interval: 100ms}}]}}"
    )
    files["lb1"].write_text("-20\n")
    await_moved(nodes, "lb2")
    assert nodes["lb1"].router()["effective_priority"] == 230
    files["lb1"].unlink()
    await_moved(nodes, "lb1")
    files["lb1"].write_text("fault\n")
    await_moved(nodes, "lb2")
    nodes["lb1"].await_state("FAULT")


def test_a_service_without_healthy_backends_moves_the_address(lab: Lab, backends: Backends) -> None:
    nodes = start_pair(lab, backends, lambda name: "track: {services: [{name: http, weight: -100}]}")
    for backend in ("web1", "web2", "web3"):
        nodes["lb1"].command("backend", "maint", backend)
    await_moved(nodes, "lb2")
    assert one(nodes["lb1"].router()["trackers"], "http")["state"] == "DOWN"


def test_a_reload_changes_what_is_tracked(lab: Lab, backends: Backends) -> None:
    files = {name: lab[name].directory / "ready" for name in PRIORITIES}
    nodes = start_pair(lab, backends, lambda name: "track: {services: [{name: http, weight: -100}]}")
    node = nodes["lb1"]
    original = node.config.read_text()
    changed = original.replace("weight: -100", f"weight: -90}}], files: [{{path: {files['lb1']}, weight: -20, interval: 100ms")
    node.config.write_text(changed)
    assert node.command("reload")["result"] == "APPLIED"
    await_moved(nodes, "lb2")
    assert node.router()["priority_breakdown"] == f"250 - 20 (file {files['lb1']}) = 230"
    files["lb1"].touch()
    await_moved(nodes, "lb1")
    files["lb1"].unlink()
    await_moved(nodes, "lb2")
    node.config.write_text(original)
    assert node.command("reload")["result"] == "APPLIED"
    await_moved(nodes, "lb1")
    assert [tracker["kind"] for tracker in node.router()["trackers"]] == ["service"]


def test_hooks_run_in_order_and_one_that_hangs_holds_nothing_up(lab: Lab, backends: Backends) -> None:
    notes = {name: lab[name].directory / "notes" for name in PRIORITIES}

    def lines(name: str) -> str:
        note = executable(
            lab[name].directory / "note",
            f'echo "begin $MAINSTAY_VIRTUAL_ROUTER $MAINSTAY_PREVIOUS_STATE $MAINSTAY_STATE" >>{notes[name]}\n'
            f"[ ! -e {lab[name].directory}/hang ] || [ $MAINSTAY_STATE != ACTIVE ] || sleep 1000\n"
            f"echo end >>{notes[name]}",
        )
        return f"hooks: {{on_active: {note}, on_backup: {note}, on_fault: {note}, timeout: 1s}}"

    def noted(name: str) -> list[str]:
        return notes[name].read_text().splitlines() if notes[name].exists() else []

    nodes = start_pair(lab, backends, lines)
    first = ["begin web INITIALIZE BACKUP", "end", "begin web BACKUP ACTIVE", "end"]
    wait_until("the hooks of the start have run", lambda: noted("lb1") == first)
    (lab["lb2"].directory / "hang").touch()
    nodes["lb1"].command("switchover", "--wait")
    await_moved(nodes, "lb2")
    wait_until("the hook hangs", lambda: "begin web BACKUP ACTIVE" in noted("lb2"))
    # While it hangs the address goes back and the election takes no notice.
    nodes["lb2"].command("switchover", "--wait")
    await_moved(nodes, "lb1")
    wait_until("the next hook has run", lambda: noted("lb2")[-2:] == ["begin web ACTIVE BACKUP", "end"])
    hooks = [event for event in nodes["lb2"].events() if event["kind"] == "hook"]
    assert any("ended after its timeout of 1000ms" in event["sentence"] for event in hooks)
    assert hooks[-1]["fields"]["status"] == "0"


def gateway(name: str, priority: int) -> str:
    return f"""\
node: {{name: {name}}}
virtual_routers:
  - {{name: inside, interface: eth0, vrid: 51, priority: {priority}, advertisement_interval: 100ms,
     addresses: [198.18.0.100/24], sync_group: gateway}}
  - {{name: outside, interface: eth1, vrid: 52, priority: {priority}, advertisement_interval: 100ms,
     addresses: [198.19.0.100/24], sync_group: gateway}}
"""


def explained_moves(node: Mainstay) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is told of the last switchover: by the member that decided, and by the one that followed."""

    def story(*options: str) -> dict[str, Any]:
        told = node.command("explain", "--state-dir", str(node.state_dir), *options)
        assert isinstance(told, dict)
        return told

    # The journal is written a moment after the steps were done.
    wait_until("the move is told", lambda: "clients_at_most_ms" in story())
    decided = story()
    other = {"inside": "outside", "outside": "inside"}[decided["virtual_router"]]
    wait_until("the other member's too", lambda: "sync group" in story("--router", other)["headline"])
    return decided, story("--router", other)


def test_a_sync_group_moves_as_a_whole(lab: Lab) -> None:
    lab.switch.run("ip", "link", "add", "br1", "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
    lab.switch.run("ip", "link", "set", "br1", "up")
    for number, name in enumerate(PRIORITIES, 1):
        port = f"{name}-out"
        node = lab[name]
        lab.switch.run(
            "ip", "link", "add", port, "type", "veth", "peer", "name", "eth1", "netns", str(node.pid)
        )
        lab.switch.run("ip", "link", "set", port, "master", "br1", "up")
        node.run("ip", "address", "add", f"198.19.0.{number}/24", "dev", "eth1")
        node.run("ip", "link", "set", "eth1", "up")
    nodes = {name: Mainstay(lab[name], Settings(name, priority)) for name, priority in PRIORITIES.items()}

    def holds(name: str) -> tuple[bool, bool]:
        return (
            "198.18.0.100/24" in lab[name].addresses("eth0"),
            "198.19.0.100/24" in lab[name].addresses("eth1"),
        )

    for name, node in nodes.items():
        node.start(gateway(name, PRIORITIES[name]))
    wait_until("lb1 holds both", lambda: holds("lb1") == (True, True) and holds("lb2") == (False, False))
    lab.switch.run("ip", "link", "set", "lb1-out", "down")
    wait_until("lb2 holds both", lambda: holds("lb2") == (True, True) and holds("lb1") == (False, False))
    lab.switch.run("ip", "link", "set", "lb1-out", "up")
    wait_until("lb1 holds both again", lambda: holds("lb1") == (True, True) and holds("lb2") == (False, False))
    nodes["lb1"].command("switchover", "--wait")
    wait_until("lb2 holds both", lambda: holds("lb2") == (True, True) and holds("lb1") == (False, False))
    decided, followed = explained_moves(nodes["lb2"])
    assert re.fullmatch(r"(inside|outside) moved to lb2: the Active 198\.1[89]\.0\.1 resigned", decided["headline"])
    assert followed["headline"].endswith(f"moved to lb2: with {decided['virtual_router']}, of the same sync group")
    assert "clients_at_most_ms" in decided and "clients_at_most_ms" not in followed


def test_the_start_up_delay_is_waited_for(lab: Lab, backends: Backends) -> None:
    del backends
    node = Mainstay(lab["lb1"], Settings("lb1", 250))
    node.start(node.settings.yaml().replace("name: lb1\n", "name: lb1\n  startup_delay: 3s\n", 1))
    node.await_state("INITIALIZE")
    assert node.router()["reason"] == "waits for the end of the start-up delay"
    node.await_holding()


@pytest.mark.parametrize("command", ["/nonexistent/check", "/etc"])
def test_a_script_that_cannot_run_is_a_mistake_of_the_configuration(lab: Lab, command: str) -> None:
    node = Mainstay(lab["lb1"], Settings("lb1", 250, router_lines=f"track: {{scripts: [{{name: a, command: {command}}}]}}"))
    node.config.write_text(node.settings.yaml())
    attempt = node.attempt("config", "check", str(node.config))
    assert attempt.status == 3
    assert "virtual_routers[0].track.scripts[0].command: " + command in attempt.errors


def test_a_node_that_no_neighbour_answers_gives_the_address_up(lab: Lab, backends: Backends) -> None:
    """Behind a dead switch an Active has its carrier, and knows by its neighbours that it is cut off."""
    others = {"lb1": ADDRESSES["lb2"], "lb2": ADDRESSES["lb1"]}
    nodes = start_pair(
        lab,
        backends,
        lambda name: (
            f"track: {{neighbours: [{{name: uplink, interface: eth0, interval: 200ms,"
            f" addresses: [{ADDRESSES['client']}, {others[name]}]}}]}}"
        ),
    )
    fault.isolate_port(lab, "lb1")
    await_moved(nodes, "lb2")
    nodes["lb1"].await_state("FAULT")
    assert f"none of [{ADDRESSES['client']}, {ADDRESSES['lb2']}] answers" in nodes["lb1"].router()["reason"]
    fault.join_port(lab, "lb1")
    await_moved(nodes, "lb1")
    # A gateway that is gone is no reason as long as the peer is there.
    fault.isolate_port(lab, "client")
    answering = f"{ADDRESSES['lb2']} answers"
    wait_until("only the peer answers", lambda: nodes["lb1"].router()["trackers"][0]["detail"] == answering)
    assert nodes["lb1"].router()["state"] == "ACTIVE"
