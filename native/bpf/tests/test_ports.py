# SPDX-License-Identifier: Apache-2.0
"""Source ports: the first choice follows from the flow alone, and no two flows to a backend share one."""

from packets import ACK, RST, SYN, judge
from program import DROP, FULL_NAT, NAT, PROBED, REDIRECT, TCP, UDP


def one_backend(node):
    node.program.table(0, [0] * 31)
    return node


def test_no_two_flows_to_a_backend_share_a_port(node):
    node = one_backend(node(TCP, ports=(20000, 128)))
    used = [node.forwarded(node.client(port)).source_port for port in range(30000, 30096)]
    assert len(set(used)) == 96
    assert set(used) <= set(range(20000, 20128))
    assert node.program.event("FLOW_PROBED") > 10
    probed = [port for port in range(30000, 30096)
              if node.program.embryo(node.addresses.client, port, node.addresses.vip, 443, TCP).state & PROBED]
    assert len(probed) == node.program.event("FLOW_PROBED"), "those that a peer must be told of"
    for port, source_port in zip(range(30000, 30096), used):
        back = node.forwarded(node.answer(node.forwarded(node.client(port)), flags=SYN | ACK), "backends")
        assert (back.destination, back.destination_port) == (node.addresses.client, port) and source_port


def test_backends_have_the_ports_for_themselves(node):
    node = node(TCP, ports=(20000, 16))
    ends = {node.forwarded(node.client(port)).ends for port in range(30000, 30030)}
    assert len(ends) == 30, "30 flows on 16 ports, by three backends"


def test_without_a_free_port_a_client_is_refused(node):
    node = one_backend(node(TCP, ports=(20000, 4)))
    results = [node.send(node.client(port)) for port in range(30000, 30010)]
    refused = [result for result in results if judge(result.frame).flags & RST]
    assert len(refused) == 6 and node.program.event("DROP_NO_PORT") == 6


def test_several_source_addresses_multiply_the_ports(node, plan):
    node = one_backend(node(UDP, ports=(20000, 4)))
    node.program.role(plan.source, ports=(50000, 4))
    node.program.source(1, plan.source, (50000, 4))
    node.program.service(plan.vip, 443, UDP, FULL_NAT, table=(0, 31), sources=(0, 2))
    seen = [node.forwarded(node.client(port)) for port in range(30000, 30008)]
    assert {(each.source, each.source_port) for each in seen} == \
        {(plan.vip, 20000 + n) for n in range(4)} | {(plan.source, 50000 + n) for n in range(4)}
    for port, each in zip(range(30000, 30008), seen):
        assert node.forwarded(node.answer(each), "backends").ends == (plan.vip, 443, plan.client, port)
    assert node.send(node.client(30008)).verdict == DROP


def test_in_mode_nat_a_client_keeps_its_port_unless_the_backend_has_it_from_another_service(node, plan):
    node = one_backend(node(TCP, NAT))
    other_vip = plan.source
    node.program.role(other_vip, ports=(50000, 8))
    node.program.service(other_vip, 443, TCP, NAT, table=(0, 31), sources=(0, 1), service_id=2)
    one = node.forwarded(node.client())
    other = node.forwarded(node.client().but(destination=other_vip))
    assert (one.source, one.source_port) == (plan.client, 40000)
    assert other.source == plan.client and 20000 <= other.source_port < 24096
    assert node.forwarded(node.answer(one, flags=SYN | ACK), "backends").ends == (plan.vip, 443, plan.client, 40000)
    assert node.forwarded(node.answer(other, flags=SYN | ACK), "backends").ends == (other_vip, 443, plan.client, 40000)


def test_a_port_of_a_closed_flow_is_not_given_to_another_client_at_once(node):
    node = one_backend(node(TCP, ports=(20000, 2)))
    first = node.establish(30000)
    node.forwarded(node.client(30000, flags=RST, sequence=1001))
    second = node.forwarded(node.client(30001))
    assert second.source_port != first.source_port
    assert judge(node.send(node.client(30002)).frame).flags & RST
    again = node.forwarded(node.client(30000, sequence=90000))
    assert again.ends == first.ends, "the same client gets its own again"


def test_backend_port_0_keeps_the_port_that_was_asked_for(node):
    node = node(TCP, backend_port=0)
    assert node.forwarded(node.client()).destination_port == 443
    assert node.send(node.client()).verdict == REDIRECT
