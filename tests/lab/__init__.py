# SPDX-License-Identifier: Apache-2.0
"""A network in namespaces: one switch, a client, two nodes, three backends; load, faults and measurements.

Everything runs below `lab.enter`, in namespaces that vanish with their first process, so that nothing is left behind
whatever interrupts it. Only the standard library of Python 3.11 is used.
"""
