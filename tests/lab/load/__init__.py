# SPDX-License-Identifier: Apache-2.0
"""Programs that make traffic or serve it. Each runs as a process of its own on a node and writes what it saw to a file.

All times are nanoseconds of CLOCK_MONOTONIC, which every process of the lab shares.
"""
