# SPDX-License-Identifier: Apache-2.0
"""How a node judges its backends, what it does with too few of them, and which clients keep theirs."""

import json
from collections.abc import Iterator

import pytest

from lab.backends import Backends
from lab.mainstay import SERVICE, Mainstay, Settings, one
from lab.node import python
from lab.process import Process
from lab.topology import ADDRESSES, BACKENDS, VIP, Lab
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

SCRIPT = """\
#!/bin/sh
# A check of the operator: healthy unless a file says otherwise.
if [ -e "DIRECTORY/$MAINSTAY_BACKEND.down" ]; then
    echo "$MAINSTAY_SERVICE/$MAINSTAY_BACKEND at $MAINSTAY_ADDRESS:$MAINSTAY_PORT is out of order" >&2
    exit 3
fi
"""


class Judged:
    """One node whose backends are healthy as long as their server answers and no file says otherwise."""

    def __init__(self, lab: Lab, backends: Backends) -> None:
        self.lab = lab
        self.backends = backends
        self.node = Mainstay(lab["lb1"], Settings("lb1", 250))
        directory = self.node.node.directory
        self._marks = {name: directory / f"{name}.down" for name in BACKENDS}
        script = directory / "check"
        script.write_text(SCRIPT.replace("DIRECTORY", str(directory)))
        script.chmod(0o755)
        pace = "interval: 500ms, timeout: 490ms, failures: 2, success: 1"
        self._yaml = self.node.settings.yaml().replace(
            "health_check: {type: http, path: /health, interval: 500ms, timeout: 400ms, failures: 2, success: 2}",
            "health_check:\n"
            "      - {type: http, path: /health, headers: ['X-Asked-By: mainstay'], expect: ok, interval: 300ms,"
            " timeout: 290ms, failures: 2, success: 1}\n"
            f"      - {{type: exec, command: [{script}], {pace}}}",
        )
        self.node.start(self._yaml)
        self.node.await_ready("ACTIVE")

    def configure(self, *lines: str, backup: str = "", checks: str = "") -> None:
        """Adds keys to the service, or replaces its checks; without any it is as at the start."""
        text = self._yaml
        if checks:
            start, end = text.index("    health_check:"), text.index("    timeouts:")
            text = f"{text[:start]}    health_check: {checks}\n{text[end:]}"
        text = text.replace("    timeouts:", "".join(f"    {line}\n" for line in lines) + "    timeouts:")
        if backup:
            text = text.replace(f"name: {backup},", f"name: {backup}, backup: true,")
        self.node.config.write_text(text)
        self.node.command("reload")

    def mark_down(self, *names: str) -> None:
        for name in names:
            self._marks[name].touch()
        if names:
            self.node.await_backends("UNHEALTHY", *names)

    def mark_up(self) -> None:
        for mark in self._marks.values():
            mark.unlink(missing_ok=True)
        self.node.await_backends()

    def ask(self, count: int) -> list[str]:
        """Which servers answer so many new connections of one client."""
        return self.lab["client"].run(*python("lab.load.ask", VIP, "80", str(count))).split()

    def hold(self) -> Process:
        """A connection that stays; its log has the server, and how it ended."""
        process = self.lab["client"].start("hold", *python("lab.load.ask", VIP, "80", "hold"))
        process.log.write_bytes(b"")
        return process

    def service(self) -> dict[str, object]:
        return one(self.node.status()["services"], SERVICE)

    def await_event(self, kind: str, *words: str) -> None:
        wait_until(
            f"an event {kind} with {words}",
            lambda: any(e["kind"] == kind and all(w in e["sentence"] for w in words) for e in self.node.events()),
        )


@pytest.fixture(scope="module")
def module_judged() -> Iterator[Judged]:
    with Lab() as lab:
        backends = Backends(lab)
        backends.start_all()
        yield Judged(lab, backends)


@pytest.fixture
def judged(module_judged: Judged) -> Iterator[Judged]:
    yield module_judged
    module_judged.configure()
    module_judged.mark_up()


def test_program_takes_a_backend_out_and_the_journal_says_what_failed(judged: Judged) -> None:
    judged.mark_down("web2")
    judged.await_event("backend_state", "HEALTHY -> UNHEALTHY: check exec", "status 3")
    assert set(judged.ask(12)) == {"web1", "web3"}
    judged.mark_up()
    judged.await_event("backend_state", "UNHEALTHY -> HEALTHY: check exec")
    assert set(judged.ask(12)) == set(BACKENDS)


def test_answer_without_what_is_expected_takes_a_backend_out(judged: Judged) -> None:
    judged.configure("on_backend_down: keep")
    text = judged.node.config.read_text()
    judged.node.config.write_text(text.replace("expect: ok", "expect: fine"))
    judged.node.command("reload")
    judged.node.await_backends("UNHEALTHY")
    judged.await_event("backend_state", "check http GET /health: HTTP status 200", "expected: one with")


def test_certificate_of_a_backend_is_verified_for_its_name(judged: Judged) -> None:
    """With the runtime that is shipped, whose modules are few."""
    server = judged.lab["web1"]
    pem = server.directory / "server.pem"
    server.run(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"),
        *("-subj", "/CN=shop.example.org", "-addext", "subjectAltName=DNS:shop.example.org"),
        *("-keyout", str(pem), "-out", str(pem.with_suffix(".crt"))),
    )
    pem.write_text(pem.read_text() + pem.with_suffix(".crt").read_text())
    web1 = ("lab.load.backend", "web1", ADDRESSES["web1"], "8443", "--certificate", str(pem))
    server.start("tls", *python(*web1)).wait_for_output("serves on")
    check = (
        "{type: https, port: 8443, path: /health, expect: ok, interval: 200ms, timeout: 190ms, failures: 1, success: 1,"
        f" server_name: NAME, verify: true, ca_file: {pem.with_suffix('.crt')}}}"
    )
    judged.configure(checks=check.replace("NAME", "shop.example.org"))
    judged.node.await_backends("UNHEALTHY", "web2")
    judged.await_event("backend_state", "check: connect: ")
    judged.node.await_checked(True, "web1")
    steps = judged.node.attempt("backend", "check", "web1")
    assert steps.status == 0, steps.output + steps.errors
    assert "tls" in steps.output and "certificate valid for" in steps.output, steps.output
    judged.configure(checks=check.replace("NAME", "www.example.org"))
    judged.node.await_backends("UNHEALTHY", "web1")
    judged.await_event("backend_state", "check: TLS: ", "www.example.org")


def test_check_now_prints_every_step_and_changes_nothing(judged: Judged) -> None:
    good = judged.node.attempt("backend", "check", "web1")
    assert good.status == 0, good.output + good.errors
    for step in ("route", "connect", "send", "answer", "verdict", "exec /", "HTTP status 200"):
        assert step in good.output, f"{step} is missing in:\n{good.output}"
    judged.backends.kill("web3")
    bad = judged.node.attempt("--json", "backend", "check", f"{SERVICE}/web3")
    judged.backends.start("web3")
    assert bad.status == 1
    outcome = json.loads(bad.output)
    assert not outcome["passed"]
    assert [check["passed"] for check in outcome["checks"]] == [False, True]
    assert outcome["checks"][0]["detail"].startswith("connect: ")
    assert judged.node.attempt("backend", "check", "web9").status == 1


def test_with_too_few_healthy_backends_the_wanted_ones_serve(judged: Judged) -> None:
    judged.configure("min_healthy: 2", "on_panic: all")
    judged.mark_down("web1", "web2")
    assert judged.service()["tier"] == "all"
    assert set(judged.ask(12)) == set(BACKENDS), "in panic the checks are not believed"
    judged.await_event("service_panic", "all take new connections")

    judged.configure("min_healthy: 2", "on_panic: fail")
    assert judged.service()["state"] == "DOWN"
    before = judged.service()["refused"]
    assert set(judged.ask(3)) == {"ConnectionResetError"}
    after = judged.service()["refused"]
    assert isinstance(before, dict) and isinstance(after, dict)
    assert after["no_backend"] == before.get("no_backend", 0) + 3

    judged.configure("min_healthy: 2", "on_panic: backup", backup="web3")
    assert judged.service()["tier"] == "backup"
    assert set(judged.ask(6)) == {"web3"}
    judged.mark_up()
    assert judged.service()["tier"] == "healthy"
    assert set(judged.ask(12)) == {"web1", "web2"}, "a backup rests while enough others are healthy"


@pytest.mark.parametrize(("on_down", "end"), [("reset", "reset"), ("keep", "")])
def test_connections_of_a_backend_that_falls(judged: Judged, on_down: str, end: str) -> None:
    judged.configure(f"on_backend_down: {on_down}")
    held = judged.hold()
    backend = wait_until("it is connected", lambda: held.output().split())[0]
    judged.mark_down(backend)
    if end:
        wait_until("it ends", lambda: held.output().split() == [backend, end])
    else:
        assert judged.node.backend(backend)["connections_active"] == 1
        assert held.output().split() == [backend]
        held.kill()


@pytest.mark.parametrize("during_drain", ["allow", "refuse"])
def test_client_of_a_draining_backend_may_come_back_if_that_is_wanted(judged: Judged, during_drain: str) -> None:
    judged.configure(f"persistence: {{type: source_ip, during_drain: {during_drain}}}")
    (kept,) = set(judged.ask(3))
    allowed = during_drain == "allow"
    finished = judged.node.command("backend", "drain", kept, "--timeout", "1h")["finished"]
    assert not (allowed and finished)
    (then,) = set(judged.ask(3))
    assert (then == kept) == allowed
    assert ("clients that it had may come back" in judged.node.attempt("backend", "list").output) == allowed
    assert judged.node.command("backend", "drain", kept, "--timeout", "1s", "--wait")["finished"]
    (after,) = set(judged.ask(3))
    assert after != kept
    assert "may come back" not in judged.node.attempt("backend", "list").output
    judged.node.command("backend", "ready", kept)


def test_client_keeps_its_backend_until_it_is_forgotten(judged: Judged) -> None:
    judged.configure("persistence: {type: source_ip, timeout: 1h}")
    (kept,) = set(judged.ask(6))
    listed = judged.node.command("persistence", "list", SERVICE)
    assert listed["clients"] == 1
    assert [(c["client"], c["backend"]) for c in listed["latest"]] == [("198.18.0.50", kept)]
    judged.mark_down(kept)
    (other,) = set(judged.ask(6))
    assert other != kept
    judged.mark_up()
    assert set(judged.ask(6)) == {other}, "it stays where it went"
    assert judged.node.command("persistence", "clear", SERVICE, "--backend", kept)["cleared"] == 0
    assert judged.node.command("persistence", "clear", SERVICE, "--client", "198.18.0.50")["cleared"] == 1
    assert judged.node.command("persistence", "list", SERVICE)["clients"] == 0
