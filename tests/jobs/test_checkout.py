"""What a checkout leaves in the sandbox, as actions/checkout would."""

from __future__ import annotations

from pathlib import Path

import pytest

from regreen.model import JobOutcome, ReproducedAlone, Unsupported
from regreen_sandbox.engine import Engine
from tests.git.test_materials import OID, with_submodules
from tests.repositories import git
from tests.verify.support import red_job

pytestmark = pytest.mark.docker

EMPTY = """\
          test -z "$(ls -A lib/outer)"
          grep -q '^oid sha256' a.bin
          test "$(git tag)" = ""
"""
FULL = f"""\
          test "$(cat lib/outer/outer.txt) $(cat lib/outer/in/ner/inner.txt)" = "outer inner"
          test "$(sha256sum < a.bin)" = "{OID}  -"
          grep -q '^oid sha256' b.txt
          git submodule status --recursive
          test -z "$(git submodule status --recursive | grep -v '^ ')"
          test "$(git tag)" = v1
"""


@pytest.mark.parametrize(
    ("inputs", "checks"),
    [("", EMPTY), ("{submodules: recursive, lfs: true, fetch-depth: 0}", FULL)],
)
def test_submodules_large_files_and_tags_are_there_when_they_are_asked_for(
    engine: Engine, base_image: str, tmp_path: Path, inputs: str, checks: str
) -> None:
    with_submodules(tmp_path)
    git(tmp_path / "r", "tag", "v1")
    steps = f"        with: {inputs}\n" if inputs else ""
    steps += f'      - run: |\n{checks}          test -z "$(git status --porcelain)"\n'
    steps += "      - run: echo all well; exit 3\n"
    with red_job(engine, base_image, tmp_path, {"d.txt": "d\n"}, steps) as red:
        result = red.attempt.result
        assert isinstance(result, ReproducedAlone)
        assert isinstance(result.outcome, JobOutcome)
        assert result.outcome.failed is not None
        assert result.outcome.failed.exit_code == 3, result.outcome.failed.log


def test_what_the_clone_lacks_makes_the_job_unsupported(
    engine: Engine, base_image: str, tmp_path: Path
) -> None:
    with_submodules(tmp_path / "there")
    git(tmp_path, "clone", "-q", str(tmp_path / "there" / "r"), "r")
    steps = "        with: {submodules: true}\n      - run: exit 1\n"
    with red_job(engine, base_image, tmp_path, {"d.txt": "d\n"}, steps) as red:
        assert isinstance(red.attempt.result, Unsupported)
        assert "lib/outer at " in red.attempt.result.what
        assert "submodule update --init" in red.attempt.result.what
        assert "ci.yml:6" in red.attempt.result.what
