# SPDX-License-Identifier: Apache-2.0
"""The daemon's control socket, asked directly: cheap enough to be looked at again and again, unlike a JVM per look."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class NotReachable(Exception):
    """No daemon answers on the socket, or it is still starting."""


def get(path: Path, target: str, timeout: float = 10.0) -> Any:
    """The answer to GET, one JSON value or one per line as a list."""
    return _ask(path, "GET", target, None, timeout)


def post(path: Path, target: str, body: dict[str, Any], timeout: float = 60.0) -> Any:
    """The answer to POST, one JSON value."""
    return _ask(path, "POST", target, json.dumps(body), timeout)


def _ask(path: Path, method: str, target: str, body: str | None, timeout: float) -> Any:
    connection = _UnixConnection(path, timeout)
    try:
        connection.request(method, target, body, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
    except (OSError, http.client.HTTPException) as failure:
        raise NotReachable(f"{path}: {failure}") from None
    finally:
        connection.close()
    if answer.status == http.client.SERVICE_UNAVAILABLE:
        raise NotReachable(f"{path}: {text}")
    assert answer.status == 200, f"{method} {target}: {answer.status} {text}"
    if "ndjson" in answer.headers.get("Content-Type", ""):
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text)
