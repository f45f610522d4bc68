"""Whose log it is: the provider that spoke first, and nobody where nobody spoke."""

from __future__ import annotations

import pytest

from regreen.logs import analyze
from tests.logs.hosted import Ran, log, stamped

WORDS = (
    "section_start:1714564800:step_script\r\x1b[0K",
    "Running with gitlab-runner 17.4.0 (abcdef12)",
    "ERROR: Job failed: exit code 1",
    "travis_fold:start:git.checkout",
    "Done. Your build exited with 1.",
    "[Pipeline] sh",
    "Started by user Ann",
    "Finished: FAILURE",
    "~~~ Running commands",
    "🚨 Error: The command exited with status 1",
    "#!/bin/bash -eo pipefail",
    "CircleCI received exit code 1",
    "[taskcluster 2024-05-01 12:00:00.123Z] === Task Starting ===",
    "##[section]Starting: Ruff",
)


@pytest.mark.parametrize("word", WORDS)
def test_a_hosted_runner_s_log_may_hold_any_provider_s_words(word: str) -> None:
    data = log(Ran(script="make", output=word), Ran(script="ls", output=word, exit_code=2))
    for text in (data, data.replace(b"2024-05-01T12:00:", b"2024-05-01T12:00:")):
        result = analyze(text)
        assert result.facts.provider == "github"
        assert result.failing is not None
        assert result.failing.command == "ls"


@pytest.mark.parametrize("word", WORDS)
def test_so_may_the_columns_of_gh_run_view(word: str) -> None:
    lines = [
        *Ran(script="make", output=word).lines(),
        word,
        "##[error]Process completed with exit code 2.",
    ]
    result = analyze(stamped(lines, "lint\tRun make\t").encode())
    assert result.facts.provider == "github"


def test_a_first_hosted_runner_s_sections_are_not_azure_s() -> None:
    lines = [
        "##[section]Starting: Request a runner to run this job",
        "Found online and idle hosted runner",
        "##[section]Finishing: Request a runner to run this job",
        *Ran(script="make", output="x", exit_code=2).lines(),
    ]
    assert analyze(stamped(lines).encode()).facts.provider == "github"


@pytest.mark.parametrize(
    "output",
    [
        "===== FAILURES =====\n--- Captured stdout call ---\n+++ x\n~~~~~\nFAILED a.py::b\n",
        "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n",
        "$ make\nERROR: no\nmake: *** [all] Error 1\n",
        "+ make\n[INFO] BUILD FAILURE\nFinished: 3 of 4 tests\n",
        "started by user x\nERROR: Job failed again\n",
        '[{"message": "x"}]\n',
    ],
)
def test_plain_output_stays_plain(output: str) -> None:
    assert analyze(output.encode()).facts.provider is None
