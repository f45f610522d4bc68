"""The filter of system calls: what it leaves alone, and when it is left out."""

from __future__ import annotations

import json

import pytest

from regreen_sandbox import seccomp
from regreen_sandbox.container import Sandbox
from regreen_sandbox.engine import Engine
from tests.sandbox.sandbox_support import shell

pytestmark = pytest.mark.docker


@pytest.mark.parametrize(
    ("told", "stands"),
    [
        (["name=seccomp,profile=default"], True),
        (["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"], True),
        (["name=seccomp,profile=unconfined"], True),
        (["name=seccomp"], True),
        (["name=seccomp,profile=/etc/docker/own.json"], False),
        (["name=rootless", "name=selinux"], False),
        (None, False),
    ],
)
def test_it_gives_way_to_a_filter_of_the_engine_s_owner(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, told: list[str] | None, stands: bool
) -> None:
    monkeypatch.setattr(seccomp, "_known", {})
    monkeypatch.setattr(engine.client, "info", lambda: {"SecurityOptions": told})
    assert bool(seccomp.security_options(engine)) is stands


def test_each_call_is_named_once() -> None:
    names = [name for rule in json.loads(seccomp.profile())["syscalls"] for name in rule["names"]]
    once = set(names) - {"socket", "personality"}
    assert len(names) == len(once) + names.count("socket") + names.count("personality")
    assert not once & {"mount", "unshare", "setns", "bpf", "socketcall", "io_uring_setup", "chroot"}


@pytest.mark.parametrize(
    "program",
    [
        "import threading; t = threading.Thread(target=print); t.start(); t.join()",
        "import multiprocessing as m; p = m.get_context('fork').Process(); p.start(); p.join()",
        "import asyncio; print(asyncio.run(asyncio.create_subprocess_exec('true')))",
        "import socket; a, b = socket.socketpair(); a.send(b'x'); b.recv(1)",
        "import socket; socket.getaddrinfo('localhost', 80); socket.if_nameindex()",
        "import mmap, os; mmap.mmap(-1, 10); os.memfd_create('x'); os.eventfd(1); os.getrandom(1)",
        "import os; os.fchmod(os.open('/tmp/x', os.O_CREAT), 0o600); os.chmod('/tmp/x', 0o644)",
        "import os; os.sched_setaffinity(0, os.sched_getaffinity(0)); os.nice(1); os.pidfd_open(1)",
        "import os, select; os.mkfifo('/tmp/f'); os.link('/tmp/f', '/tmp/g'); select.epoll()",
    ],
)
def test_what_programs_do_is_let_through(sandbox: Sandbox, program: str) -> None:
    result = sandbox.run(["python3", "-c", program], env={}, cwd="/tmp", timeout=30)
    assert result.exit_code == 0, result.output


def test_tools_work(sandbox: Sandbox) -> None:
    script = (
        'node -e \'require("fs").promises.readFile("/etc/hosts").then(() => 1)\' && git init -q r '
        "&& python3 -m venv --without-pip v && echo 'int main(){return 0;}' > a.c && gcc a.c && "
        "./a.out && cp -a r s && tar c s | xz | wc -c && ls -la /proc/self/fd && timeout 5 sleep 0"
    )
    result = shell(sandbox, script, timeout=60)
    assert result.exit_code == 0, result.output
