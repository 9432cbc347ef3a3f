# SPDX-License-Identifier: Apache-2.0
"""Faults of the network: a pulled cable, a dead switch port, packets that vanish in one direction."""

from collections.abc import Iterator
from contextlib import contextmanager

from lab.topology import Lab

TABLE = "lab_faults"


def pull_cable(lab: Lab, name: str) -> None:
    """The node loses its carrier."""
    lab.switch.run("ip", "link", "set", name, "down")


def plug_cable(lab: Lab, name: str) -> None:
    lab.switch.run("ip", "link", "set", name, "up")


def isolate_port(lab: Lab, name: str) -> None:
    """The switch forwards nothing for the node any more, while the node still has its carrier."""
    lab.switch.run("ip", "link", "set", name, "nomaster")


def join_port(lab: Lab, name: str) -> None:
    lab.switch.run("ip", "link", "set", name, "master", "br0")


@contextmanager
def cable_pulled(lab: Lab, name: str) -> Iterator[None]:
    pull_cable(lab, name)
    try:
        yield
    finally:
        plug_cable(lab, name)


def drop_towards(lab: Lab, name: str, match: str) -> None:
    """The switch drops what matches (in nftables words, e.g. `ip protocol 112`) on its way to the node."""
    _drop(lab, f'oifname "{name}" {match}')


def drop_from(lab: Lab, name: str, match: str) -> None:
    """The switch drops what matches and comes from the node."""
    _drop(lab, f'iifname "{name}" {match}')


def heal(lab: Lab) -> None:
    """The switch drops nothing any more."""
    lab.switch.attempt("nft", "delete", "table", "bridge", TABLE)


def _drop(lab: Lab, match: str) -> None:
    lab.switch.run(
        "nft",
        "-f",
        "-",
        stdin=f"""table bridge {TABLE} {{
            chain forward {{
                type filter hook forward priority 0; policy accept;
                {match} counter drop
            }}
        }}
        """,
    )
