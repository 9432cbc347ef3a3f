# SPDX-License-Identifier: Apache-2.0
"""Real connections through the XDP program and the one on tc together: nobody must see a difference to NAT by nftables."""

import os
import socket

import pytest

from network import Network, attach_xdp, receiving_by_napi
from program import FULL_NAT, NAT, FastPath
from test_against_nftables import FAMILIES, by_nftables, by_the_program, observe


@pytest.fixture
def wires():
    """As on wires: checksums are whole when a frame arrives, and both ends take frames that were sent by XDP."""
    one = Network()
    for namespace in (one.client, one.backend):
        with namespace.entered():
            receiving_by_napi("eth0")
        one.complete_checksums(namespace, "eth0")
    yield one
    one.close()


@pytest.mark.parametrize("mode", [FULL_NAT, NAT], ids=["full_nat", "nat"])
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_clients_and_backends_see_the_same(wires, load, object_path, family, mode):
    program = by_the_program(wires, family, mode, load)
    fast = FastPath(os.path.join(os.path.dirname(object_path), "fastpath.bpf.o"), program)
    try:
        for device in ("clients", "backends"):
            mac = attach_xdp(wires.lb, device, fast.fd)
            with wires.lb.entered():
                fast.own(socket.if_nametoindex(device), mac)
        ours = observe(wires, family)
    finally:
        fast.close()
    other = Network()
    try:
        by_nftables(other, family, mode)
        theirs = observe(other, family)
    finally:
        other.close()
    assert ours == theirs
    assert program.event("FAST_PATH") > 5000, "of the 11,000 segments of what was much"
    events = program.events_seen()
    assert not [name for name in events if name.startswith("DROP")], events
