# SPDX-License-Identifier: Apache-2.0
"""What the demo plays, in order. Each step starts and ends with one Active, one Backup and traffic that flows."""

from collections.abc import Callable
from dataclasses import dataclass

from lab import fault
from lab.clock import now
from lab.pair import Pair, other
from lab.topology import BACKENDS, LOAD_BALANCERS
from lab.traffic import Traffic
from lab.waiting import wait_until

DRAIN_SECONDS = 10
FROZEN_NANOS = 5_000_000_000


class Stage:
    """What a step acts on, and what it may tell the spectators."""

    def __init__(self, pair: Pair, traffic: Traffic, tell: Callable[[str], None]) -> None:
        self.pair = pair
        self.traffic = traffic
        self.tell = tell
        self.dead_backend = ""

    def settle(self) -> None:
        """Waits until both nodes know which backends serve, and traffic flows again."""
        for backend in BACKENDS:
            self.pair.await_backend(backend, healthy=backend != self.dead_backend)
        self.traffic.await_flowing()


@dataclass(frozen=True)
class Step:
    name: str
    title: str
    play: Callable[[Stage], str]
    """Returns what happened, in a few words for the table."""


def drain_backend(stage: Stage) -> str:
    # A download has no end, so it would be reset at the deadline, as it should: drain a backend without it.
    download = wait_until("the download runs", lambda: _running_download(stage))
    backend = next(name for name in BACKENDS if name != download)
    started = now()
    stage.tell(f"$ {stage.pair.drain(backend, DRAIN_SECONDS)}")
    seconds = (now() - started) / 1e9
    stage.traffic.await_flowing()
    stage.tell(f"$ {stage.pair.make_ready(backend)}")
    stage.settle()
    return f"{backend} empty after {seconds:.1f} s"


def kill_backend(stage: Stage) -> str:
    backend = wait_until("the download runs", lambda: _running_download(stage))
    stage.tell(f"{backend} is killed; the download runs on it")
    stage.pair.backends.kill(backend)
    stage.dead_backend = backend
    stage.settle()
    return f"{backend} dead, two of three serve"


def switchover(stage: Stage) -> str:
    before = stage.pair.active
    stage.tell(f"$ {stage.pair.switchover()}")
    return _moved(stage, before)


def kill_active(stage: Stage) -> str:
    victim = stage.pair.active
    stage.pair.kill(victim)
    stage.tell(f"{victim} is killed (SIGKILL)")
    stage.pair.await_active(other(victim))
    stage.traffic.await_flowing()
    stage.pair.restart(victim)
    stage.tell(f"{victim} is started again")
    return _moved(stage, victim)


def cut_link(stage: Stage) -> str:
    victim = stage.pair.active
    fault.pull_cable(stage.pair.lab, victim)
    stage.tell(f"the cable of {victim} is pulled")
    stage.pair.await_active(other(victim))
    stage.traffic.await_flowing()
    fault.plug_cable(stage.pair.lab, victim)
    stage.tell(f"the cable of {victim} is plugged in again")
    return _moved(stage, victim)


def freeze_active(stage: Stage) -> str:
    victim = stage.pair.active
    thaw_at = now() + FROZEN_NANOS
    stage.pair.freeze(victim)
    stage.tell(f"{victim} is frozen (SIGSTOP) for {FROZEN_NANOS / 1e9:g} s")
    stage.pair.await_active(other(victim))
    wait_until("the freeze ends", lambda: now() >= thaw_at)
    stage.pair.thaw(victim)
    stage.tell(f"{victim} goes on (SIGCONT)")
    return _moved(stage, victim)


def recover(stage: Stage) -> str:
    if stage.dead_backend:
        stage.pair.backends.start(stage.dead_backend)
        stage.pair.backends.await_serving(stage.dead_backend)
        stage.tell(f"{stage.dead_backend} is started again")
        stage.dead_backend = ""
    active = stage.pair.active
    for name in LOAD_BALANCERS:
        if name != active:
            stage.pair.await_standby(name)
    stage.settle()
    stage.tell(stage.pair.states())
    return "all back"


STEPS = (
    Step("drain_backend", "drain a backend", drain_backend),
    Step("kill_backend", "kill a backend", kill_backend),
    Step("switchover", "planned switchover", switchover),
    Step("kill_active", "kill the Active", kill_active),
    Step("cut_link", "cut the link of the Active", cut_link),
    Step("freeze_active", "freeze the Active", freeze_active),
    Step("recover", "bring all back", recover),
)


def _moved(stage: Stage, before: str) -> str:
    """Waits until the peer serves and the old Active stands by."""
    after = other(before)
    stage.pair.await_active(after)
    stage.pair.await_standby(before)
    stage.settle()
    return f"{before} -> {after}"


def _running_download(stage: Stage) -> str | None:
    backend = stage.traffic.download_backend()
    return None if backend == "-" else backend
