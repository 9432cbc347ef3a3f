# SPDX-License-Identifier: Apache-2.0
"""Mainstay on lb1 and another implementation on lb2, judged by the packets on the wire and by probes from the client."""

from typing import Protocol

from lab.capture import Capture
from lab.clock import now
from lab.mainstay import Mainstay, Settings
from lab.packets import Advert
from lab.topology import Lab
from lab.waiting import wait_until

HIGH, LOW = 250, 245

INTERVAL_MILLIS = 250
"""Between advertisements, where nothing asks for another. At 100 ms, and without real time, keepalived was seen to be late by more
than three intervals again and again on a machine that was busy with several labs, and was rightly taken for dead each time."""


class Peer(Protocol):
    """The other implementation."""

    @property
    def active(self) -> bool: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


class Mixed:
    """Both, of which one is to be Active and the other to be quiet."""

    def __init__(self, lab: Lab, wire: Capture, settings: Settings, peer: Peer) -> None:
        self.lab = lab
        self.wire = wire
        self.mainstay = Mainstay(lab["lb1"], settings)
        self.peer = peer
        self.address = settings.address.partition("/")[0]

    def start(self) -> None:
        self.mainstay.start()
        self.peer.start()
        self.mainstay.await_answering()

    def await_active(self, port: str, since: int, seconds: float = 40.0) -> None:
        """Waits until this node alone advertises and serves the client, and none but it does for a while."""
        wait_until(f"{port} alone is Active", lambda: self.holders() == {port}, seconds)
        _, advert = self.wire.await_advert(f"an advert of {port}", active, port=port, since=since)
        wait_until(f"the client reaches {port}", lambda: self.reached() == port, seconds)
        calm = now()
        over = calm + 25 * advert.interval_centis * 1_000_000
        # Once this one is seen, so is whatever was sent before.
        self.wire.await_advert(f"{port} to go on", lambda later: True, port=port, since=over, seconds=seconds)
        senders = {frame.port for frame in self.wire.frames() if frame.at > calm and isinstance(frame.packet, Advert)}
        assert senders == {port}, f"adverts come from {senders} (expected: {port} alone)"
        assert self.holders() == {port}

    def holders(self) -> set[str]:
        held = {"lb1": self.mainstay.holds_address, "lb2": self.peer.active}
        return {name for name, holds in held.items() if holds}

    def announcements(self, port: str, since: int) -> int:
        """How often this node has told the neighbours that it has the address."""
        if ":" in self.address:
            return len(self.wire.neighbour_adverts(self.address, port, since))
        return len(self.wire.announcements(self.address, port, since=since))

    def reached(self) -> str | None:
        """Who answers the client: it asks anew, and looks at the adverts of whose MAC address it heard."""
        client = self.lab["client"]
        client.attempt("ip", "neighbour", "flush", "dev", "eth0", "to", self.address)
        if client.attempt("ping", "-c", "1", "-W", "1", self.address).returncode != 0:
            return None
        words = client.run("ip", "-o", "neighbour", "show", self.address, "dev", "eth0").split()
        if "lladdr" not in words:
            return None
        mac = words[words.index("lladdr") + 1]
        if mac == self.lab.mac("lb1"):
            return "lb1"
        return "lb2" if mac == self.lab.mac("lb2") or mac.startswith("00:00:5e:00:") else None


def active(advert: Advert) -> bool:
    return advert.priority > 0


def resignation(advert: Advert) -> bool:
    return advert.priority == 0
