# SPDX-License-Identifier: Apache-2.0
"""Tools of the JDK that built the product; its own runtime has none."""

import os


def tool(name: str) -> str:
    """The path of one, as ./dev knows it."""
    return f"{os.environ['MAINSTAY_JDK']}/bin/{name}"
