"""The relay: bytes both ways, half-close, many connections, dead processes, a quick end."""

from __future__ import annotations

import ast
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from regreen_sandbox.index import relay
from tests.sandbox.index_support import relayed, wait_for

# Becomes the parent of orphans, as process 1 is, gets one, and then is the relay.
_AS_REAPER = """
import ctypes, os, runpy, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
child = os.fork()
if child == 0:
    if os.fork() == 0:
        time.sleep(1.5)
    os._exit(0)
os.waitpid(child, 0)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class _Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(self.rfile.read())  # answers only after the other side's half-close


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 16


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Path]:
    path = Path(os.path.relpath(tmp_path / "echo.sock"))
    with _Server(str(path), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield path
        server.shutdown()
        thread.join()


def _ask(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(data)
        with suppress(OSError):  # who refuses may have closed already
            client.shutdown(socket.SHUT_WR)
        received = bytearray()
        while block := client.recv(65536):
            received += block
    return bytes(received)


def _port(base: str) -> int:
    return int(base.rpartition(":")[2])


def test_hundreds_of_connections_come_back_whole_after_half_close(
    echo: Path, tmp_path: Path
) -> None:
    data = os.urandom(400_000)
    wrong: list[int] = []

    def one() -> None:
        answer = _ask(port, data)
        if answer != data:
            wrong.append(len(answer))

    with relayed(echo, tmp_path) as base:
        port = _port(base)
        threads = [threading.Thread(target=one) for _ in range(600)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not wrong
        assert not any(thread.is_alive() for thread in threads)


def test_idle_connections_do_not_keep_others_out(echo: Path, tmp_path: Path) -> None:
    with relayed(echo, tmp_path) as base:
        idle = [socket.create_connection(("127.0.0.1", _port(base))) for _ in range(300)]
        try:
            assert _ask(_port(base), b"hello") == b"hello"
        finally:
            for client in idle:
                client.close()
        assert _ask(_port(base), b"again") == b"again"


def test_without_a_proxy_a_client_is_told_so(tmp_path: Path) -> None:
    with relayed(tmp_path / "nothing.sock", tmp_path) as base:
        answer = _ask(_port(base), b"GET /simple/ HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"index proxy is not running" in answer


def test_further_ports_lead_to_sockets_of_their_own(echo: Path, tmp_path: Path) -> None:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        ports = [probe.getsockname()[1] for probe in (one, other)]
    command = [sys.executable, "-I", relay.__file__, "--no-index"]
    command += ["--also", f"{ports[0]}={echo}", "--also", f"{ports[1]}={tmp_path}/nothing.sock"]
    ready = tmp_path / "ready"
    process = subprocess.Popen([*command, "--ready-file", str(ready)], stdout=subprocess.DEVNULL)
    try:
        wait_for(ready)
        assert _ask(ports[0], b"hello") == b"hello"
        assert _ask(ports[1], b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 502 ")
        assert _ask(ports[0], b"again") == b"again"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("arguments", [["--no-index"], ["--port", "0", "--socket", "/nowhere"]])
def test_it_reaps_orphans_and_ends_at_once(arguments: list[str], tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = [sys.executable, "-c", _AS_REAPER, relay.__file__, *arguments]
    process = subprocess.Popen(
        [*script, "--ready-file", str(ready)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "regreen relay ready\n"
        wait_for(ready)
        assert _children(process.pid) == ["S"]  # the orphan, asleep
        deadline = time.monotonic() + 10
        while _children(process.pid):
            assert time.monotonic() < deadline, "the dead orphan is still there"
            time.sleep(0.05)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert time.monotonic() - started < 0.5
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _children(parent: int) -> list[str]:
    """The states of a process's children."""
    states = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == str(parent):
            states.append(fields[0])
    return states


def test_it_needs_no_more_than_python_3_6_and_the_standard_library() -> None:
    source = Path(relay.__file__).read_text()
    tree = ast.parse(source, feature_version=(3, 6))
    imported = {
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    }
    assert imported <= sys.stdlib_module_names
