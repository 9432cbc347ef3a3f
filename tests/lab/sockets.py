# SPDX-License-Identifier: Apache-2.0
"""Sockets of this very process on the nodes of the lab: a test plays both ends itself, one step after the other."""

import hashlib
import socket
import struct
from contextlib import AbstractContextManager

from lab.namespaces import network_of_process
from lab.node import Node

PATIENCE_SECONDS = 10.0
"""How long a step may take."""


def network_of(node: Node) -> AbstractContextManager[None]:
    """Sockets that are made inside belong to the node, for as long as they live."""
    return network_of_process(node.pid)


def connect(node: Node, address: str, port: int) -> socket.socket:
    with network_of(node):
        client = socket.create_connection((address, port), PATIENCE_SECONDS)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def listen(node: Node, address: str, port: int) -> socket.socket:
    with network_of(node):
        listener = socket.create_server((address, port), backlog=128)
    listener.settimeout(PATIENCE_SECONDS)
    return listener


def accept(listener: socket.socket) -> socket.socket:
    """The next connection; fails when none comes."""
    accepted, _ = listener.accept()
    accepted.settimeout(PATIENCE_SECONDS)
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return accepted


def reset(one: socket.socket) -> None:
    """Closes with a RST."""
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()


def receive(one: socket.socket, count: int) -> bytes:
    """So many octets; fewer when the stream ends before."""
    octets = b""
    while len(octets) < count:
        more = one.recv(count - len(octets))
        if not more:
            break
        octets += more
    return octets


def receive_line(one: socket.socket) -> str:
    """Up to the end of the line, or of the stream."""
    octets = b""
    while not octets.endswith(b"\n"):
        more = one.recv(1)
        if not more:
            break
        octets += more
    return octets.decode()


def to_the_end(one: socket.socket) -> str:
    """What arrives until the stream ends, and how it ends: such as `5 octets 2cf24dba, FIN`."""
    digest, count = hashlib.sha256(), 0
    while True:
        try:
            octets = one.recv(1 << 18)
        except ConnectionResetError:
            ending = "RST"
            break
        except TimeoutError:
            ending = "nothing more"
            break
        if not octets:
            ending = "FIN"
            break
        digest.update(octets)
        count += len(octets)
    return f"{count} octets{' ' + digest.hexdigest()[:8] if count else ''}, {ending}"
