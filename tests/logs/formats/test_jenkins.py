"""Jenkins: pipelines with skipped stages, post blocks and branches, freestyle projects."""

from __future__ import annotations

import pytest

from regreen.logs import analyze
from regreen.model import Category

RUFF = ["+ ruff check .", "src/a.py:1:8: F401 [*] `os` imported but unused", "Found 1 error."]
MYPY = [
    "+ mypy src",
    "a.py:1: error: Name 'x' is not defined  [name-defined]",
    "Found 1 error in 1 file",
]
OPENING = [
    "Started by user Ann",
    "[Pipeline] Start of Pipeline",
    "[Pipeline] node",
    "Running on agent-1 in /var/lib/jenkins/workspace/demo",
    "[Pipeline] {",
]
CHECKOUT = [
    "[Pipeline] stage",
    "[Pipeline] { (Declarative: Checkout SCM)",
    "[Pipeline] checkout",
    "Cloning repository https://host.example/octo/demo.git",
    "Checking out Revision 4f1c0f7c2b8d4f54a3c1f2a4f0f3f6d1e2b3c4d5 (refs/remotes/origin/main)",
    "[Pipeline] }",
    "[Pipeline] // stage",
]
CLOSING = ["[Pipeline] }", "[Pipeline] // node", "[Pipeline] End of Pipeline"]


def stage(name: str, *lines: str) -> list[str]:
    return [
        "[Pipeline] stage",
        f"[Pipeline] {{ ({name})",
        *lines,
        "[Pipeline] }",
        "[Pipeline] // stage",
    ]


def sh(*lines: str) -> list[str]:
    return ["[Pipeline] sh", *lines]


def skipped(name: str) -> list[str]:
    return stage(name, f'Stage "{name}" skipped due to earlier failure(s)')


def text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


POST = stage("Declarative: Post Actions", "[Pipeline] echo", "it failed", *sh(*MYPY))
END = ["ERROR: script returned exit code 1", "Finished: FAILURE"]
PIPELINE = [
    *OPENING, *CHECKOUT, *stage("Build", *sh("+ make", "fine")), *stage("Lint", *sh(*RUFF)),
    *skipped("Deploy"), *POST, *CLOSING, *END,
]  # fmt: skip
NOTE = "\x1b[8mha:////4AbCdEf0123456789+/AAAA==\x1b[0m"


@pytest.mark.parametrize(
    "data",
    [
        text(*PIPELINE),
        text(*(f"[2024-05-01T12:00:00.123Z] {line}" for line in PIPELINE)),
        text(*(f"12:00:00  {line}" for line in PIPELINE)),
        text(*(NOTE + line if line.startswith("[Pipeline]") else line for line in PIPELINE)),
    ],
    ids=["plain", "stamped", "clock", "notes"],
)
def test_the_last_command_before_stages_were_skipped_failed(data: bytes) -> None:
    result = analyze(data)
    assert result.facts.provider == "jenkins"
    assert result.failing is not None
    assert result.failure is not None
    assert (result.failing.command, result.failing.exit_code) == ("ruff check .", 1)
    assert result.failure.category is Category.LINTING_ERROR
    assert "ERROR: script returned exit code 1" in [e.text for e in result.failure.evidence]
    assert [s.name for s in result.segments if s.name == "mypy src"] == []


def test_what_the_log_tells_of_its_run() -> None:
    facts = analyze(text(*PIPELINE)).facts
    assert facts.repository == "octo/demo"
    assert facts.tested == "4f1c0f7c2b8d4f54a3c1f2a4f0f3f6d1e2b3c4d5"
    assert (facts.job, facts.image) == ("demo", "agent-1")


def test_steps_behind_post_stage_are_clean_up() -> None:
    lint = stage("Lint", *sh(*RUFF), "Post stage", *sh(*MYPY))
    failing = analyze(text(*OPENING, *lint, *CLOSING, *END)).failing
    assert failing is not None
    assert failing.command == "ruff check ."


def test_an_error_that_was_caught_is_found_where_it_stands() -> None:
    caught = [
        *sh(*RUFF),
        "[Pipeline] }",
        "ERROR: script returned exit code 1",
        "[Pipeline] // catchError",
    ]
    lines = [
        *OPENING, *stage("Lint", "[Pipeline] catchError", "[Pipeline] {", *caught),
        *stage("Deploy", *sh("+ make deploy", "fine")), *CLOSING, "Finished: FAILURE",
    ]  # fmt: skip
    failing = analyze(text(*lines)).failing
    assert failing is not None
    assert failing.command == "ruff check ."


def test_a_green_build_has_no_failure_whatever_it_printed() -> None:
    lines = [*OPENING, *stage("Lint", *sh(*RUFF)), *CLOSING, "Finished: SUCCESS"]
    assert analyze(text(*lines)).failure is None


def test_a_branch_that_failed_is_read_without_the_others() -> None:
    lines = [
        *OPENING,
        "[Pipeline] parallel",
        "[Pipeline] [lint] { (Branch: lint)",
        "[Pipeline] [types] { (Branch: types)",
        "[Pipeline] [lint] sh",
        "[Pipeline] [types] sh",
        "[lint] + ruff check .",
        "[types] + mypy src",
        "[lint] src/a.py:1:8: F401 [*] `os` imported but unused",
        "[types] ModuleNotFoundError: No module named 'nope'",
        "[lint] Found 1 error.",
        "[Pipeline] [lint] }",
        "Failed in branch lint",
        "[types] Success: no issues found in 3 source files",
        "[Pipeline] [types] }",
        "[Pipeline] // parallel",
        *CLOSING,
        *END,
    ]
    result = analyze(text(*lines))
    assert result.failure is not None
    assert result.failure.category is Category.LINTING_ERROR
    assert result.failure.tool == "ruff"


def test_a_step_that_ran_out_of_time() -> None:
    lines = [
        *OPENING,
        *stage("Test", "[Pipeline] timeout", "[Pipeline] {", *sh("+ pytest", "collecting ...",
               "Cancelling nested steps due to timeout", "Sending interrupt signal to process")),
        *skipped("Deploy"), *CLOSING, "Timeout has been exceeded", "Finished: ABORTED",
    ]  # fmt: skip
    result = analyze(text(*lines))
    assert result.failing is not None
    assert result.failure is not None
    assert result.failing.command == "pytest"
    assert result.failure.category is Category.TIMEOUT


def test_a_build_step_of_another_project() -> None:
    lines = [
        "Started by timer",
        "Building remotely on agent-1 (linux) in workspace /var/lib/jenkins/workspace/demo",
        "[WS-CLEANUP] Deleting project workspace...",
        "Checking out Revision 4f1c0f7c2b8d4f54a3c1f2a4f0f3f6d1e2b3c4d5 (origin/main)",
        "[demo] $ /bin/sh -xe /tmp/jenkins1.sh",
        "+ make",
        "[demo] $ /bin/sh -xe /tmp/jenkins2.sh",
        *RUFF,
        "Build step 'Execute shell' marked build as failure",
        "Archiving artifacts",
        "ERROR: Step 'Publish' failed: No space left on device",
        "Finished: FAILURE",
    ]
    result = analyze(text(*lines))
    assert result.failing is not None
    assert result.failure is not None
    assert result.failing.command == "ruff check ."
    assert result.failure.category is Category.LINTING_ERROR
    assert [e.line for e in result.failure.evidence if "marked build" in e.text] == [11]


def test_a_step_is_chosen_by_its_stage_or_command() -> None:
    for name in ("Lint", "ruff check ."):
        failing = analyze(text(*PIPELINE), step=name).failing
        assert failing is not None
        assert failing.command == "ruff check ."


def test_times_that_a_program_prints_are_not_jenkins_s() -> None:
    times = [f"2024-05-01 12:00:0{n} INFO compiling" for n in range(6)]
    lines = [*OPENING[:2], *stage("Lint", *sh("+ make", *times), *sh(*RUFF)), *CLOSING, *END]
    failing = analyze(text(*lines)).failing
    assert failing is not None
    assert failing.command == "ruff check ."
