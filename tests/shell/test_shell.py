"""``regreen shell``, before a person's terminal and without one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest

from regreen_sandbox.engine import Engine
from tests.recovery.conftest import Ended
from tests.recovery.test_life import mine
from tests.repositories import commit, fingerprint, git
from tests.terminals import Terminal, ended, terminal

pytestmark = pytest.mark.docker

WORKFLOW = """\
on: push
env: {FROM: workflow}
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Prepare
        run: |
          echo "MADE=earlier" >> "$GITHUB_ENV"
          echo '# set up' >> src/version.py
      - name: "Check\\e[31m it $(touch /tmp/obeyed)"
        shell: bash
        working-directory: src
        env: {OWN: "the step's"}
        run: |
          touch left.txt
          python3 app.py | cat
      - run: echo never
  strange:
    runs-on: windows-latest
    steps: [{run: dir}]
"""
PROMPT = "regreen:Check31m it touch"
RED = "import sys\n\nworst = 3\nsys.exit(worst)\n"
MENDED = RED.replace("worst = 3", "worst = 0")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shell") / "r"
    files = {"src/app.py": RED, "src/version.py": "one = 1\ntwo = 2\nthree = 3\nfour = 4\n"}
    commit(folder, {".github/workflows/ci.yml": WORKFLOW, ".gitignore": "left.txt\n", **files})
    return folder


@pytest.fixture
def words(repository: Path) -> tuple[str, ...]:
    start = (sys.executable, "-P", "-m", "regreen", "shell", "--repo", str(repository))
    return (*start, "--job", "check", "--repeat", "1")


@pytest.fixture
def environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("REGREEN_")}
    return {**kept, "NO_COLOR": "1", "TERM": "xterm-of-nobody"}


@pytest.fixture
def sit(
    words: tuple[str, ...], environment: dict[str, str], tmp_path: Path
) -> Callable[..., AbstractContextManager[Terminal]]:
    return lambda *more: terminal((*words, *more), env=environment, cwd=tmp_path, seconds=45)


@pytest.fixture
def piped(
    words: tuple[str, ...], environment: dict[str, str], tmp_path: Path
) -> Callable[..., Ended]:
    def call(*more: str, given: str = "") -> Ended:
        done = subprocess.run(
            [*words, *more], input=given, env=environment, cwd=tmp_path,
            capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr)

    return call


def kept(folder: Path) -> list[str]:
    return [p.read_text() for p in sorted((folder / ".regreen" / "shell").glob("*.diff"))]


def test_a_person_lands_at_the_failing_step_mends_it_and_has_a_proven_patch(
    sit: Callable[..., AbstractContextManager[Terminal]], repository: Path, tmp_path: Path
) -> None:
    before = fingerprint(repository)
    with sit() as shell:
        shell.expect_exact("it ended with exit code 3")
        shell.expect("rerun +runs the step again: bash --noprofile --norc -eo pipefail")
        shell.expect_exact(PROMPT)
        shell.sendline("stty size; ls -1; echo $TERM $(id -u) $PWD")
        shell.expect_exact("31 97\r\napp.py\r\nleft.txt\r\nversion.py\r\n")
        shell.expect_exact("xterm-256color 1001 /home/runner/work/r/r/src\r\n")
        shell.expect_exact(PROMPT)
        shell.sendline("echo $FROM, $MADE, $OWN, $GITHUB_JOB; ls /tmp/obeyed")
        shell.expect_exact("workflow, earlier, the step's, check\r\n")
        shell.expect_exact("No such file")
        shell.expect_exact(PROMPT)
        shell.sendline("rerun; echo code $?")
        shell.expect_exact("code 3\r\n")
        shell.expect_exact(PROMPT)
        shell.send("\x1b[A\x1b[A\x1b[A\x1b[A")
        shell.expect(r"touch left.txt\r\n\r?python3 app.py \| cat")
        shell.sendcontrol("c")
        shell.expect_exact(PROMPT)
        mend = "sed -i 's/^worst = 3/worst = 0/' app.py; sed -i '1s/$/  # eins/' version.py"
        shell.sendline(f"{mend}; rerun && exit 9")
        shell.expect_exact("2 files changed")
        shell.expect_exact("+worst = 0")
        shell.expect_exact("[Y/n]")
        shell.sendline("")
        shell.expect_exact("Green: the patch is verified.")
        shell.expect_exact("by hand")
        assert ended(shell) == 0
    [evidence] = (tmp_path / ".regreen" / "fixes").rglob("evidence.json")
    said = json.loads(evidence.read_text())
    assert said["patch"]["fixers"] == ["by hand"]
    assert [run["green"] for run in said["proof"]["after"]] == [True]
    assert len(kept(tmp_path)) == 1
    assert fingerprint(repository) == before
    plain = tmp_path / "plain"
    git(tmp_path, "clone", "-q", str(repository), str(plain))
    git(plain, "am", str(evidence.with_name("regreen.patch")))
    assert (plain / "src/app.py").read_text() == MENDED
    assert (plain / "src/version.py").read_text().startswith("one = 1  # eins\ntwo = 2\n")
    assert "set up" not in (plain / "src/version.py").read_text()


def test_without_a_terminal_what_is_piped_in_runs_and_its_exit_code_is_the_command_s(
    piped: Callable[..., Ended], tmp_path: Path
) -> None:
    script = "rerun\necho code $?\nmkdir __pycache__\ntouch __pycache__/a.pyc\nexit 7\n"
    ended = piped("--at", "echo never", given=script)
    assert (ended.code, ended.out) == (7, "code 3\n"), ended.err
    assert "Behind step 3 of 4" in ended.err
    assert "not reached" in ended.err
    assert "nothing was changed inside" in ended.err
    assert kept(tmp_path) == []


def test_at_a_step_the_ones_before_it_have_run(piped: Callable[..., Ended], tmp_path: Path) -> None:
    ended = piped(
        "--at",
        "3",
        "-c",
        "echo $MADE; ls; echo new > new.txt; echo x > conftest.py; ln -s /usr/bin/python3 py",
        "--verify",
    )
    assert ended.out.startswith("earlier\napp.py\nversion.py\n"), ended.err
    assert "Before step 3 of 4" in ended.err
    assert "src/conftest.py" in ended.out
    assert ended.code == 6
    assert "+new" in kept(tmp_path)[0]
    assert "+/usr/bin/python3" in kept(tmp_path)[0]


def test_a_step_that_is_not_there_and_a_job_that_cannot_be_run(piped: Callable[..., Ended]) -> None:
    ended = piped("--at", "nowhere", "-c", "true")
    assert ended.code == 2
    assert "its steps are: 1 " in ended.err
    ended = piped("--job", "strange", "-c", "true")
    assert ended.code == 4
    assert "windows" in ended.out


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_closed_window_keeps_what_was_changed_and_leaves_nothing_behind(
    sit: Callable[..., AbstractContextManager[Terminal]],
    engine: Engine,
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    with sit() as shell:
        shell.expect_exact(PROMPT)
        shell.sendline("echo 'print(2)' > app.py; echo do''ne")
        shell.expect_exact("done\r\n")
        assert mine(engine, shell.pid or 0)
        if number == signal.SIGHUP:
            with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - its descriptor is wanted
                os.dup2(nothing.fileno(), shell.child_fd)
        else:
            shell.kill(number)
        _await_end(shell)
        assert mine(engine, shell.pid or 0) == []
    assert ["+print(2)" in diff for diff in kept(tmp_path)] == [True]


def test_when_the_container_dies_it_is_said_what_is_lost(
    sit: Callable[..., AbstractContextManager[Terminal]], engine: Engine
) -> None:
    with sit() as shell:
        shell.expect_exact(PROMPT)
        for identity in mine(engine, shell.pid or 0):
            with suppress(Exception):
                engine.client.api.kill(identity)
        shell.expect_exact("what was changed inside is lost")
        shell.expect_exact("next: run the command again")
        assert ended(shell) == 5


def _await_end(shell: Terminal) -> None:
    end = time.monotonic() + 60
    while shell.isalive():
        assert time.monotonic() < end, "it goes on"
        time.sleep(0.1)
