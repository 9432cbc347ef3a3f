# SPDX-License-Identifier: Apache-2.0
"""What `mainstay explain` and `mainstay events` tell after a fault, with the daemon and without it."""

import json
from typing import Any

import pytest

from lab import fault
from lab.mainstay import Mainstay
from lab.mainstay_pair import MainstayPair
from lab.topology import ADDRESSES
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

LB1 = ADDRESSES["lb1"]


def explained(node: Mainstay, *options: str) -> dict[str, Any]:
    story = node.command("explain", "--last-failover", "--state-dir", str(node.state_dir), *options)
    assert isinstance(story, dict)
    return story


def texts(story: dict[str, Any]) -> list[str]:
    return [line["text"] for line in story["timeline"]]


def await_steps(node: Mainstay, last: str) -> dict[str, Any]:
    """The story once its steps are there: the journal is written a moment after they were done."""
    wait_until(f"{node.name} tells of: {last}", lambda: any(last in text for text in texts(explained(node))))
    return explained(node)


def await_followed(pair: MainstayPair) -> None:
    """Until lb2 has heard lb1, so that it can tell whom it lost."""
    wait_until("lb2 follows lb1", lambda: pair.nodes["lb2"].router()["active_address"] == LB1)


def test_cut_link_is_told_by_both_nodes(pair: MainstayPair) -> None:
    await_followed(pair)
    fault.pull_cable(pair.lab, "lb1")
    pair.await_active("lb2")
    story = await_steps(pair.nodes["lb2"], "services open")
    assert story["headline"] == f"web moved to lb2: the Active {LB1} fell silent"
    offsets = [line["offset_ms"] for line in story["timeline"]]
    assert offsets == sorted(offsets)
    assert f"last advertisement of the Active {LB1} (priority 250), which sends one each 100 ms" in texts(story)
    assert 300 <= story["clients_at_most_ms"] < 5000
    lost = await_steps(pair.nodes["lb1"], "1 address removed")
    assert lost["headline"].startswith("web left lb1: the interface has no carrier")
    assert "eth0: the carrier is lost" in texts(lost)


def test_frozen_node_tells_what_its_guard_did(pair: MainstayPair) -> None:
    pair.freeze("lb1")
    pair.await_active("lb2")
    pair.thaw("lb1")
    pair.await_standby("lb1")
    story = await_steps(pair.nodes["lb1"], "1 address removed")
    assert any("the guard takes the addresses away" in text for text in texts(story))
    # Before or after the addresses are gone, whichever came first.
    await_steps(pair.nodes["lb1"], "heard as Active")


def test_planned_switchover_is_told_as_one(pair: MainstayPair) -> None:
    pair.switchover()
    story = await_steps(pair.nodes["lb1"], "1 address removed")
    assert story["headline"].startswith("web left lb1: handed over to ")
    assert story["clients_at_most_ms"] == 0
    journal = pair.nodes["lb1"].state_dir / "events.jsonl"
    await_steps(pair.nodes["lb2"], "services open")
    told = explained(pair.nodes["lb2"], "--other-node", str(journal))
    assert told["clients_at_most_ms"] == 0
    assert {line["node"] for line in told["timeline"]} == {"lb1", "lb2"}


def test_killed_node_tells_from_its_state_directory_and_after_its_return(pair: MainstayPair) -> None:
    lb1 = pair.nodes["lb1"]
    pair.kill("lb1")
    pair.await_active("lb2")
    attempt = lb1.attempt("explain", "--state-dir", str(lb1.state_dir))
    assert attempt.status == 0
    assert "web left lb1: its daemon ended without a farewell" in attempt.output
    assert "this is the journal that it left in" in attempt.errors
    pair.restart("lb1")
    story = await_steps(lb1, "its last run broke off without a farewell")
    assert not story["exact"]
    kinds = [event["kind"] for event in lb1.events()]
    assert kinds.count("started") == 2 and "stopped" not in kinds


def test_stopped_node_says_goodbye(pair: MainstayPair) -> None:
    lb1 = pair.nodes["lb1"]
    assert lb1.daemon.terminate() == 0
    pair.restart("lb1")
    starts = [event for event in lb1.events() if event["kind"] == "started"]
    assert starts[-1]["fields"]["previous_run"] == "stopped"
    assert starts[-1]["severity"] == "INFO"


def test_journal_survives_a_crash_in_the_middle_of_a_line(pair: MainstayPair) -> None:
    lb1 = pair.nodes["lb1"]
    before = lb1.events()
    pair.crash("lb1")
    with (lb1.state_dir / "events.jsonl").open("a") as journal:
        journal.write('{"sequence":999,"time":"20')
    pair.await_active("lb2")
    pair.restart("lb1")
    events = [json.loads(line) for line in lb1.attempt("events", "--json").output.splitlines()]
    assert events[: len(before)] == before
    numbers = [event["sequence"] for event in events]
    assert numbers == list(range(1, len(numbers) + 1))


def test_events_are_filtered(pair: MainstayPair) -> None:
    lb1 = pair.nodes["lb1"]
    everything = lb1.attempt("events").output.splitlines()
    assert lb1.attempt("events", "--since", "1h").output.splitlines() == everything
    ours = lb1.attempt("events", "--router", "web", "--json").output.splitlines()
    assert ours and all(json.loads(line)["subject"] == "web" for line in ours)
    assert len(ours) < len(everything)
