"""A shell in a container on a real terminal, keys and window and all."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from regreen_sandbox.container import Sandbox
from regreen_sandbox.engine import Engine
from regreen_sandbox.execution import kill
from tests.recovery.test_life import Frail
from tests.sandbox.sandbox_support import Start
from tests.terminals import Terminal, ended, pasting, terminal

pytestmark = pytest.mark.docker

PROGRAM = """\
import sys
from regreen_sandbox.engine import connect
from regreen_sandbox.errors import SandboxError
from regreen_sandbox.limits import Limits
from regreen_sandbox.terminal import attach

name, seconds, reserve, *argv = sys.argv[1:]
limits = Limits(disk_reserve_bytes=int(reserve))
env = {"PS1": "$ready> ", "TERM": "xterm", "ready": "yes"}
with connect() as engine:
    try:
        code = attach(engine, name, argv, env=env, limits=limits, seconds=float(seconds))
    except SandboxError as error:
        print(f"{type(error).__name__}: {error.message}")
        code = 70
sys.exit(code)
"""
SH = ("/bin/bash", "--norc", "-i")
PROMPT = "yes> "
Sit = Callable[..., AbstractContextManager[Terminal]]


@pytest.fixture
def sit(tmp_path: Path) -> Sit:
    """Attaches a terminal to a command in a container."""

    def down(
        sandbox: Sandbox, *argv: str, seconds: float = 60, reserve: int = 0, **more: str
    ) -> AbstractContextManager[Terminal]:
        # In the current folder lies what must not be run.
        (tmp_path / "regreen_sandbox").mkdir(exist_ok=True)
        (tmp_path / "regreen_sandbox" / "__init__.py").write_text("raise SystemExit(99)\n")
        words = (sandbox.name, str(seconds), str(reserve), *(argv or SH))
        call = (sys.executable, "-P", "-c", PROGRAM, *words)
        return terminal(call, env={**os.environ, **more}, cwd=tmp_path)

    return down


def test_the_window_its_changes_the_colours_and_any_text_pass(sandbox: Sandbox, sit: Sit) -> None:
    with sit(sandbox) as shell:
        shell.expect_exact(PROMPT)
        shell.sendline("stty size")
        shell.expect_exact("31 97\r\n")
        shell.setwinsize(40, 120)
        shell.sendline("until [ '40 120' = \"$(stty size)\" ]; do sleep 0.1; done; echo wi''der")
        shell.expect_exact("wider\r\n")
        shell.sendline(r"printf '\033[31m%s\033[0m\n' 'é 漢'; exit 3")
        shell.expect_exact("\x1b[31mé 漢\x1b[0m\r\n")
        assert ended(shell) == 3


def test_control_c_is_for_the_program_inside_and_control_d_leaves(
    sandbox: Sandbox, sit: Sit
) -> None:
    with sit(sandbox) as shell:
        shell.expect_exact(PROMPT)
        shell.sendline("sleep 100")
        shell.expect_exact("sleep 100\r\n")
        time.sleep(0.3)
        shell.sendcontrol("c")
        shell.expect_exact(PROMPT)
        shell.sendline("echo was $?; sleep 200 & disown")
        shell.expect_exact("was 130\r\n")
        shell.expect_exact(PROMPT)
        shell.sendcontrol("d")
        assert ended(shell) == 0


def test_a_long_paste_arrives_whole_while_much_is_printed(sandbox: Sandbox, sit: Sit) -> None:
    line = "x" * 70 + "é\n"
    with sit(sandbox) as shell:
        shell.expect_exact(PROMPT)
        shell.sendline(
            "stty -echo; cat | tee /tmp/pasted; wc -lc /tmp/pasted; printf 'th%s\\n' end"
        )
        shell.expect_exact("end\r\n")
        shell.searchwindowsize = 200
        with pasting(shell, line * 4000 + "\x04"):
            shell.expect_exact("\nthend\r")
        assert "4000 292000 /tmp/pasted" in (shell.before or "")[-200:]
        shell.sendline("exit")
        assert ended(shell) == 0


def test_the_time_is_bounded(sandbox: Sandbox, sit: Sit) -> None:
    with sit(sandbox, seconds=1) as shell:
        assert ended(shell) == 70
        assert "SandboxTimeout: the shell was ended after" in (shell.before or "")


def test_a_shell_that_fills_the_disk_is_stopped(start_sandbox: Start, sit: Sit) -> None:
    with sit(start_sandbox(), reserve=1 << 60) as shell:
        assert ended(shell) == 70
        assert "DiskFull: " in (shell.before or "")


def test_when_the_container_dies_the_terminal_is_as_before_and_it_is_said(
    engine: Engine, start_sandbox: Start, sit: Sit
) -> None:
    sandbox = start_sandbox()
    with sit(sandbox) as shell:
        before = termios.tcgetattr(shell.child_fd)
        shell.expect_exact(PROMPT)
        assert termios.tcgetattr(shell.child_fd) != before
        kill(engine, sandbox.name)
        shell.expect_exact("\x1b[?1049l")
        shell.expect_exact("SandboxGone: the container ended while it was needed (exit 137)")
        assert termios.tcgetattr(shell.child_fd) == before
        assert ended(shell) == 70


def test_when_the_way_to_the_engine_breaks_it_is_said(
    sandbox: Sandbox, sit: Sit, tmp_path: Path
) -> None:
    with (
        Frail(tmp_path / "docker.sock") as frail,
        sit(sandbox, DOCKER_HOST=f"unix://{frail.path}") as shell,
    ):
        shell.expect_exact(PROMPT)
        frail.die()
        assert ended(shell) == 70
        assert "EngineDied: " in (shell.before or "")


def test_a_signal_leaves_the_terminal_as_it_was(sandbox: Sandbox, sit: Sit) -> None:
    with sit(sandbox) as shell:
        before = termios.tcgetattr(shell.child_fd)
        shell.expect_exact(PROMPT)
        shell.kill(signal.SIGINT)
        shell.expect_exact("KeyboardInterrupt")
        assert termios.tcgetattr(shell.child_fd) == before
