# SPDX-License-Identifier: Apache-2.0
"""VRRP, ARP and neighbour advertisements as they enter the switch: who sent what, and when."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from lab.clock import now
from lab.node import python
from lab.packets import Advert, Arp, NeighbourAdvert, read
from lab.process import Process
from lab.topology import Lab
from lab.waiting import wait_until


class Frame(NamedTuple):
    """One frame; the port bears the name of the node that sent it."""

    at: int
    port: str
    octets: bytes
    packet: Advert | Arp | NeighbourAdvert | None


class Capture:
    def __init__(self, process: Process) -> None:
        self._process = process
        self._frames: list[Frame] = []
        self._offset = 0

    def frames(self) -> list[Frame]:
        with self._process.log.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        for line in complete.decode().splitlines():
            at, _, rest = line.partition(" ")
            if at.isdigit():
                port, _, octets = rest.partition(" ")
                frame = bytes.fromhex(octets)
                self._frames.append(Frame(int(at), port, frame, read(frame)))
        return self._frames

    def adverts(self, port: str = "", since: int = 0) -> list[tuple[int, Advert]]:
        """When each advertisement was sent, of one node or of all."""
        return [
            (frame.at, frame.packet)
            for frame in self.frames()
            if isinstance(frame.packet, Advert) and frame.at >= since and port in ("", frame.port)
        ]

    def announcements(self, address: str, port: str = "", since: int = 0) -> list[tuple[int, Arp]]:
        """Gratuitous ARP for the address, in request or reply form."""
        return [(at, arp) for at, arp in self.arps(port, since) if arp.gratuitous and arp.sender == address]

    def neighbour_adverts(self, address: str, port: str = "", since: int = 0) -> list[tuple[int, NeighbourAdvert]]:
        """Unsolicited neighbour advertisements for the address."""
        return [
            (frame.at, frame.packet)
            for frame in self.frames()
            if isinstance(frame.packet, NeighbourAdvert)
            and frame.packet.unsolicited
            and frame.packet.target == address
            and frame.at >= since
            and port in ("", frame.port)
        ]

    def arps(self, port: str = "", since: int = 0) -> list[tuple[int, Arp]]:
        return [
            (frame.at, frame.packet)
            for frame in self.frames()
            if isinstance(frame.packet, Arp) and frame.at >= since and port in ("", frame.port)
        ]

    def await_advert(
        self, what: str, condition: Callable[[Advert], bool], port: str = "", since: int = 0, seconds: float = 40.0
    ) -> tuple[int, Advert]:
        found = wait_until(
            what, lambda: next((found for found in self.adverts(port, since) if condition(found[1])), None), seconds
        )
        assert found is not None
        return found


@contextmanager
def capture(lab: Lab) -> Iterator[Capture]:
    """Captures while the block runs."""
    process = lab.switch.start(f"sniffer-{now()}", *python("lab.sniffer"))
    try:
        process.wait_for_output("listening")
        yield Capture(process)
    finally:
        process.kill()
