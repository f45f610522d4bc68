"""``regreen execute``, with a user's own rule and action, and the history behind it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.recovery.conftest import Regreen
from tests.recovery.hosted import log_of
from tests.repositories import commit, fingerprint

pytestmark = pytest.mark.docker

SETTINGS = """\
[[rules]]
id = "licence-headers"
pattern = '^(?P<file>\\S+): no licence header$'
triggers = ["no licence header"]
category = "licence_issue"
matches = "src/a.py: no licence header"
ignores = "src/a.py: licence header found"
auto_fixable = "yes"

[categories.licence_issue]
severity = "low"

[[actions]]
name = "licence headers"
categories = ["licence_issue"]
command = "sed -i '1i # SPDX-License-Identifier: MIT' *.py"
why = "every file names its licence"
severity = "low"
"""
CHECK = """\
for f in *.py; do grep -q SPDX "$f" || { echo "$f: no licence header"; bad=1; }; done
test -z "$bad"
"""
WORKFLOW = f"""\
name: CI/CD Pipeline
on: push
jobs:
  lint:
    name: super-lint
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Run licences
        run: |
          {CHECK.replace(chr(10), chr(10) + " " * 10).rstrip()}
"""
OTHER = WORKFLOW.replace("CI/CD Pipeline", "Nightly")


def test_the_plan_is_shown_dry_and_then_carried_out_and_remembered(
    regreen: Regreen, tmp_path: Path
) -> None:
    repository, cwd = tmp_path / "r", tmp_path / "cwd"
    files = {"ci.yml": WORKFLOW, "nightly.yml": OTHER}
    commit(repository, {f".github/workflows/{name}": text for name, text in files.items()}
           | {"a.py": "x = 1\n"})  # fmt: skip
    (cwd / "regreen.toml").write_text(SETTINGS)
    (cwd / "red.log").write_text(log_of(CHECK.strip(), "a.py: no licence header"))
    before = fingerprint(repository)
    words = (
        "execute", "--log", "red.log", "--workflow", "CI/CD Pipeline", "--job", "super-lint",
        "--step", "Run licences", "--repo", repository, "--repeat", "1",
    )  # fmt: skip
    more = {"REGREEN_HISTORY": "true", "XDG_CACHE_HOME": str(tmp_path / "cache")}

    dry = regreen(*words, "--dry-run", "--json", **more)
    assert dry.code == 0, dry.err
    shown = dry.json
    assert (shown["status"], shown["dry_run"], shown["patch"]) == ("verified", True, None)
    assert "+# SPDX-License-Identifier: MIT" in shown["diff"]
    assert shown["fixers"] == ["licence headers"]
    assert shown["next"] == "the same command without --dry-run"
    assert {path.name for path in (cwd / ".regreen").iterdir()} <= {"logs", ".gitignore"}
    assert fingerprint(repository) == before

    done = regreen(*words, "--json", **more)
    assert done.code == 0, done.err
    patch = Path(done.json["patch"])
    assert "+# SPDX-License-Identifier: MIT" in patch.read_text()
    assert "every file names its licence" in patch.read_text()
    assert "the same failure was mended before by licence headers" in done.err
    assert fingerprint(repository) == before

    listed = regreen("history", "list", "--json", **more).json["recoveries"]
    assert [(one["status"], one["category"]) for one in listed] == [
        ("verified", "licence_issue"),
    ] * 2
    assert [one["patch"] for one in listed] == [str(patch), ""], "a dry run leaves no patch"
    one = regreen("history", "show", str(listed[0]["id"]), "--json", **more).json
    assert [(t["fixer"], t["ending"]) for t in one["tries"]] == [("licence headers", "green")]
    assert json.loads(regreen("history", "forget", "--all", "--json", **more).out) == {
        "schema": 1,
        "forgotten": 2,
    }
