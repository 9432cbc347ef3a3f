# SPDX-License-Identifier: Apache-2.0
"""Puts frames of any content on the wire."""

import socket
import sys
from collections.abc import Iterable

from lab.node import Node, python
from lab.topology import INTERFACE


def inject(node: Node, frames: Iterable[bytes]) -> None:
    """Sends the frames from the node's interface, as they are."""
    node.run(*python("lab.inject", INTERFACE), stdin="".join(f"{frame.hex()}\n" for frame in frames))


def main(interface: str) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((interface, 0))
        for line in sys.stdin:
            wire.send(bytes.fromhex(line))


if __name__ == "__main__":
    main(sys.argv[1])
