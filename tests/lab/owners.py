# SPDX-License-Identifier: Apache-2.0
"""Who speaks on the wire for a virtual address: frames of two nodes that both do, and frames that say the same twice.

A node speaks for the address by an advertisement with a priority above 0 and by any ARP or neighbour advertisement that gives the
address as its own, be it an announcement or an answer.

By two owners are frames of the former Active that come after the first one by which the new Active speaks, and before the
last: when the address moves in good order there are none, even if it moves back.

Sent twice are advertisements and announcements that repeat, octet for octet, what their node sent less than two
milliseconds before: nobody needs them again so soon. Resignations are not counted, nor answers, which somebody asked for.
"""

from collections.abc import Iterable

from lab.capture import Frame
from lab.packets import Advert, Arp, NeighbourAdvert

TWICE_NANOS = 2_000_000


def speaks_for(frame: Frame, address: str) -> bool:
    match frame.packet:
        case Advert() as advert:
            return advert.priority > 0
        case Arp() as arp:
            return arp.sender == address
        case NeighbourAdvert() as told:
            return told.target == address
    return False


def announces(frame: Frame, address: str) -> bool:
    match frame.packet:
        case Advert() as advert:
            return advert.priority > 0
        case Arp() as arp:
            return arp.gratuitous and arp.sender == address
        case NeighbourAdvert() as told:
            return told.unsolicited and told.target == address
    return False


def by_two_owners(frames: Iterable[Frame], address: str, former: str, heard_from: int = 0) -> int:
    """How many frames; what the former Active sent before `heard_from` reached nobody."""
    spoken = [frame for frame in frames if speaks_for(frame, address)]
    new = [frame.at for frame in spoken if frame.port != former]
    if not new:
        return 0
    first, last = min(new), max(new)
    return sum(frame.port == former and frame.at >= heard_from and first < frame.at < last for frame in spoken)


def sent_twice(frames: Iterable[Frame], address: str) -> int:
    """How many frames repeat another."""
    count = 0
    sent: dict[tuple[str, bytes], int] = {}
    for frame in sorted(frames, key=lambda frame: frame.at):
        if announces(frame, address):
            key = frame.port, frame.octets
            count += key in sent and frame.at - sent[key] < TWICE_NANOS
            sent[key] = frame.at
    return count
