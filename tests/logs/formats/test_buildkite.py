"""Buildkite: the agent's phases, the command's groups, hooks that run afterwards."""

from __future__ import annotations

import pytest

from regreen.logs import analyze
from regreen.model import Category

OPENING = [
    "~~~ Preparing working directory",
    "$ cd /var/lib/buildkite-agent/builds/agent-1/octo/demo",
    "$ git clone -v -- https://host.example/octo/demo.git .",
    "$ git checkout -f 4f1c0f7c2b8d4f54a3c1f2a4f0f3f6d1e2b3c4d5",
    "~~~ Running commands",
    "$ ./ci.sh",
]
RUFF = ["src/a.py:1:8: F401 [*] `os` imported but unused", "Found 1 error."]
END = ["^^^ +++", "🚨 Error: The command exited with status 1", "^^^ +++",
       "user command error: exit status 1"]  # fmt: skip
HOOK = ["~~~ Running global pre-exit hook", "$ /etc/buildkite-agent/hooks/pre-exit",
        "🚨 Error: The global pre-exit hook exited with status 7"]  # fmt: skip


def text(*lines: str, stamps: bool = True) -> bytes:
    stamp = "\x1b_bk;t=1714564800123\x07" if stamps else ""
    return "".join(f"{stamp}{line}\r\n" for line in lines).encode()


@pytest.mark.parametrize("stamps", [True, False])
def test_the_group_that_failed_is_found(stamps: bool) -> None:
    lines = [*OPENING, "--- Install", "WARNING: Retrying", "+++ Lint", *RUFF, *END, *HOOK]
    data = text(*lines, stamps=stamps)
    result = analyze(data)
    assert result.facts.provider == "buildkite"
    assert result.facts.tested == "4f1c0f7c2b8d4f54a3c1f2a4f0f3f6d1e2b3c4d5"
    assert result.failing is not None
    assert result.failure is not None
    assert (result.failing.name, result.failing.command) == ("Lint", "./ci.sh")
    assert result.failing.exit_code == 1
    assert result.failure.category is Category.LINTING_ERROR
    assert [e.line for e in result.failure.evidence if "🚨" in e.text] == [lines.index(END[1]) + 1]


@pytest.mark.parametrize(
    "output",
    [
        ["--- a/x.py", "+++ b/x.py"],
        ["--- x.py\t2024-05-01", "+++ x.py\t2024-05-02"],
        ["--- x.py", "+++ y.py"],
        ["--- FAIL: TestA (0.00s)"],
    ],
)
def test_diffs_and_test_results_are_no_groups(output: list[str]) -> None:
    failing = analyze(text(*OPENING, *output, *RUFF, *END)).failing
    assert failing is not None
    assert failing.name == "Running commands"


def test_a_green_job_has_no_failure() -> None:
    lines = [*OPENING, "fine", "~~~ Running global pre-exit hook", "$ hook"]
    assert analyze(text(*lines)).failure is None


def test_a_failed_checkout_is_the_cause() -> None:
    said = ["fatal: unable to access 'https://host.example/': Could not resolve host: host.example",
            "🚨 Error: running git clone: exit status 128"]  # fmt: skip
    failing = analyze(text(*OPENING[:3], *said)).failing
    assert failing is not None
    assert (failing.name, failing.exit_code) == ("Preparing working directory", 128)
