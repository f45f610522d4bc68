"""The noxfile that `regreen plan` makes: a file that runs, fails as the job does, and is mended."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from regreen.deliver.equivalents import script_of
from regreen.deliver.noxfile import noxfile
from regreen.deliver.noxrun import Run, _assigned
from regreen.jobs import find_job, plan, read_workflow
from regreen.jobs.preview import preview
from regreen.model import Selection
from tests.repositories import commit

PATH = ".github/workflows/ci.yml"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
WORKFLOW = f"""\
on: push
env: {{WHO: you}}
jobs:
  test:
    name: Test "it" (${{{{ matrix.python }}}})
    runs-on: ubuntu-latest
    strategy: {{matrix: {{python: ["{VERSION}"]}}}}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "${{{{ matrix.python }}}}"}}
      - uses: codecov/codecov-action@v4
      - name: Left out
        if: github.event_name == 'schedule'
        run: exit 9
      - id: asked
        run: |
          echo "NAME=sum" >> "$GITHUB_ENV"
          mkdir -p "$RUNNER_TEMP/bin"
          printf '#!/bin/sh\\necho said by "$1"\\n' > "$RUNNER_TEMP/bin/say"
          chmod +x "$RUNNER_TEMP/bin/say"
          echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
          printf 'folder<<END\\ntests\\nEND\\n' >> "$GITHUB_OUTPUT"
      - name: Tolerated
        continue-on-error: true
        run: exit 3
      - name: Test
        working-directory: src
        shell: bash
        env: {{GREETING: "hello ${{{{ env.WHO }}}}"}}
        run: |
          say "$NAME $GREETING $WHO $CI ${{{{ steps.asked.outputs.folder }}}}"
          test "$GITHUB_WORKSPACE" = "${{{{ github.workspace }}}}"
          test "$PWD" = "$GITHUB_WORKSPACE/src"
          python -m unittest discover -s ../${{{{ steps.asked.outputs.folder }}}}
      - name: Behind it
        run: echo behind it
"""
TESTS = """\
import sys, unittest
sys.path.insert(0, ".")
from {module} import total

class Sums(unittest.TestCase):
    def test_total(self):
        self.assertEqual(total([1, 2]), 3)
"""
RED, GREEN = "def total(values):\n    return 0\n", "def total(values):\n    return sum(values)\n"


def generated(workflow: str, job: str = "test") -> str:
    """Return the noxfile of a job of ``workflow``."""
    found = find_job({PATH: read_workflow(workflow, PATH)}, Selection(job=job), None)
    return noxfile(preview(plan(found, repository="owner/name", commit="0" * 40), "0" * 40))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("red") / "clone"
    files = {"src/sums.py": RED, "tests/test_sums.py": TESTS.format(module="sums")}
    commit(folder, {PATH: WORKFLOW, **files})
    return folder


def run_nox(file: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "nox", "--envdir", str(file.parent / "envs"), "-R", "-f"]
    return subprocess.run(
        [*words, str(file)], cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )


def test_the_file_runs_the_red_job_and_the_mended_one(clone: Path, tmp_path: Path) -> None:
    regreen = [sys.executable, "-m", "regreen", "plan", "test", "--format", "noxfile"]
    made = subprocess.run(
        [*regreen, "--repo", str(clone)], capture_output=True, text=True, check=True, timeout=120
    )
    file = tmp_path / "job.py"
    file.write_text(made.stdout, encoding="utf-8")
    assert "regreen" not in made.stdout.replace("regreen plan", "")
    red = run_nox(file, clone)
    said = red.stdout + red.stderr
    assert red.returncode == 1, said
    assert "said by sum hello you you true tests" in said
    assert "AssertionError: 0 != 3" in said
    assert "behind it" not in said
    (clone / "src/sums.py").write_text(GREEN)
    green = run_nox(file, clone)
    said = green.stdout + green.stderr
    assert green.returncode == 0, said
    assert "\nbehind it" in said
    assert "codecov/codecov-action@v4 reports coverage" in said


def test_what_the_repository_writes_stays_inside_of_literals() -> None:
    hostile = """\
on: push
jobs:
  test:
    name: 'a\\"\"\"\\nimport os # \\'''
    runs-on: ubuntu-latest
    steps:
      - name: "x\\n        raise SystemExit(1)"
        run: "echo '\\"\\"\\"' \\\\\\nraise SystemExit(2)\\n"
        env: {"A\\nB": "c"}
"""
    hostile = hostile.replace("""'a\\"\"\"\\nimport os # \\'''""", '"a\\"\\"\\"\\nimport os # \'"')
    tree = ast.parse(generated(hostile))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert 'echo \'"""\' \\\nraise SystemExit(2)\n' in strings


@pytest.mark.parametrize(
    ("uses", "inputs", "script"),
    [
        ("psf/black@stable", {}, "python -m pip install black\nblack --check --diff .\n"),
        (
            "psf/black@stable",
            {"version": "24.1.0", "src": "./src", "options": "--check"},
            "python -m pip install black==24.1.0\nblack --check ./src\n",
        ),
        ("psf/black@stable", {"version": "~= 22.0"}, "'black~= 22.0'\nblack --check"),
        ("astral-sh/ruff-action@v3", {"version": "0.5"}, "install 'ruff==0.5.*'\nruff check .\n"),
        ("chartboost/ruff-action@v1", {"args": "format --check"}, "\nruff format --check .\n"),
        ("isort/isort-action@v1", {"sort-paths": "a b"}, "\nisort --check-only --diff a b\n"),
        ("pre-commit/action@v3", {}, "--color=always --all-files\n"),
        ("astral-sh/setup-uv@v6", {"version": "latest"}, "python -m pip install uv\n"),
    ],
)
def test_actions_that_check_become_their_commands(
    uses: str, inputs: dict[str, str], script: str
) -> None:
    assert script in (script_of(uses, inputs) or "")


def test_other_actions_have_no_command() -> None:
    assert script_of("some/thing@v1", {}) is None
    made = generated("on: push\njobs: {test: {runs-on: ubuntu-latest, steps: [{uses: a/b@v1}]}}")
    assert "run.note('Run a/b@v1'" in made


def test_the_runner_s_files_are_read_as_the_runner_reads_them() -> None:
    text = "A=1\nB<<EOF\nx=1\n\ny\nEOF\nC=a<<b\nnothing\n"
    assert dict(_assigned(text)) == {"A": "1", "B": "x=1\n\ny", "C": "a<<b"}


class _Stopped(Exception):
    """What a session's error raises."""


class _Session:
    posargs = ("/there",)
    invoked_from = "/here"

    def error(self, words: str) -> None:
        raise _Stopped(words)


def test_what_only_the_running_job_can_tell_ends_the_session() -> None:
    run = Run(_Session(), "/tmp/t", {"/home/runner/work/n/n": "workspace"}, {"A": "1"})
    assert run.filled("/home/runner/work/n/n/x ${{ env.A }}") == "/there/x 1"
    with pytest.raises(_Stopped, match=r"hashFiles"):
        run.filled("${{ hashFiles('a') }}")
