"""Repositories that want a dishonest patch, or a regreen that hangs: neither may happen."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from tests.recovery.conftest import Ended, Regreen
from tests.repositories import commit, git

pytestmark = pytest.mark.docker

HEAD = """\
on: push
jobs:
  lint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
"""


def fix(regreen: Regreen, folder: Path, step: str, files: dict[str, str | bytes]) -> Ended:
    """Commit ``files`` and a workflow of one step (YAML, indented), and let regreen mend it."""
    commit(folder, {".github/workflows/ci.yml": f"{HEAD}{step}", **files})
    return regreen("fix", "--repo", folder, "--repeat", "1", "--json")


FAKE_BLACK = """\
import pathlib, subprocess, sys
spec = pathlib.Path("src/spec.py")
if "--check" in sys.argv:
    if spec.read_text() == "assert 1 == 2\\n":
        print("would reformat src/spec.py")
        print("Oh no!\\n1 file would be reformatted.")
        sys.exit(1)
    sys.exit(0)
spec.write_text(NEW)
subprocess.run(["git", "add", "-Af"])
"""


@pytest.mark.parametrize(
    "new",
    ["# flake8: noqa\nassert 1 == 2\n", "value = 1\n", "assert 1 == 1\n"],
)
def test_a_tool_of_the_repository_s_own_cannot_pose_as_a_formatter(
    regreen: Regreen, tmp_path: Path, new: str
) -> None:
    program = FAKE_BLACK.replace("NEW", repr(new))
    step = "      - run: python3 -m black --check src\n"
    ended = fix(
        regreen,
        tmp_path / "r",
        step,
        {"black/__init__.py": "", "black/__main__.py": program, "src/spec.py": "assert 1 == 2\n"},
    )
    assert (ended.code, ended.json["status"]) == (6, "rejected"), ended.err
    assert ended.json["patch"] is None


def test_what_a_tool_adds_stays_out_of_the_patch(regreen: Regreen, tmp_path: Path) -> None:
    tool = (
        "import pathlib, subprocess, sys\n"
        "p = pathlib.Path('src/a.py')\n"
        "if '--check' in sys.argv:\n"
        "    bad = p.read_text() != 'x = 1\\n'\n"
        "    print('would reformat src/a.py' if bad else 'fine')\n"
        "    sys.exit(bad)\n"
        "p.write_text('x = 1\\n')\n"
        "pathlib.Path('.gitignore').write_text('*.py\\n')\n"
        "pathlib.Path('evil.py').write_text('x\\n')\n"
        "subprocess.run(['git', 'add', '-Af'])\n"
    )
    step = "      - run: python3 -m black --check src\n"
    files: dict[str, str | bytes] = {"black/__main__.py": tool, "src/a.py": "x=1\n"}
    ended = fix(regreen, tmp_path / "r", step, files)
    assert ended.code == 0, ended.err
    evidence = json.loads(Path(ended.json["evidence"]).read_text())
    assert evidence["patch"]["files"] == ["src/a.py"]


def test_a_check_that_the_patch_switches_off_proves_nothing(
    regreen: Regreen, tmp_path: Path
) -> None:
    digest = hashlib.sha256(hashlib.sha256(b"x=1\n").digest()).hexdigest()
    step = (
        f"      - if: ${{{{ hashFiles('src/a.py') == '{digest}' }}}}\n"
        "        run: sed -i 's/x=1/x = 1/' src/a.py; echo changed; exit 1\n"
    )
    ended = fix(regreen, tmp_path / "r", step, {"src/a.py": "x=1\n"})
    assert ended.json["status"] in {"no-fix", "rejected"}, ended.out
    assert ended.json["patch"] is None


def test_a_job_that_tells_a_patched_commit_by_its_sha_is_not_fooled(
    regreen: Regreen, tmp_path: Path
) -> None:
    step = (
        "      - run: |\n"
        '          if [ "$(git rev-parse HEAD)" != "$GITHUB_SHA" ]; then exit 0; fi\n'
        "          echo '# hi' >> src/a.py; git diff --exit-code\n"
    )
    ended = fix(regreen, tmp_path / "r", step, {"src/a.py": "x = 1\n"})
    assert ended.json["status"] != "verified", ended.out


def test_a_step_s_name_cannot_put_a_second_diff_into_the_mail(
    regreen: Regreen, tmp_path: Path
) -> None:
    lines = [
        "x", "diff --git a/setup.py b/setup.py", "new file mode 100644", "--- /dev/null",
        "+++ b/setup.py", "@@ -0,0 +1,1 @@", "+import os", "zz",
    ]  # fmt: skip
    name = "".join(line.ljust(72) for line in lines)
    step = (
        f'      - name: "{name}"\n'
        "        run: |\n"
        "          echo would reformat src/a.py\n"
        "          grep -q 'x = 1' src/a.py && exit 0\n"
        "          sed -i 's/x=1/x = 1/' src/a.py; exit 1\n"
    )
    ended = fix(regreen, tmp_path / "r", step, {"src/a.py": "x=1\n"})
    assert ended.code == 0, ended.err
    plain = tmp_path / "plain"
    git(tmp_path, "clone", "-q", str(tmp_path / "r"), str(plain))
    git(plain, "am", ended.json["patch"])
    assert git(plain, "diff", "--name-only", "HEAD~1") == "src/a.py"


@pytest.mark.parametrize(
    "script",
    [
        "head -c 40000000 /dev/zero | tr '\\0' 'x' > \"$GITHUB_ENV\"",
        'rm "$GITHUB_ENV"; mkfifo "$GITHUB_ENV"',
        "head -c 90000000 /dev/urandom > src/a.py; echo stale; exit 1",
        "rm -rf .git; exit 1",
        "echo GIT_DIR=/nowhere >> $GITHUB_ENV; exit 1",
    ],
)
def test_what_a_step_leaves_behind_hangs_nothing(
    regreen: Regreen, tmp_path: Path, script: str
) -> None:
    step = f"      - run: |\n          {script}\n      - run: exit 3\n"
    ended = fix(regreen, tmp_path / "r", step, {"src/a.py": "x=1\n"})
    assert ended.code == 1, ended.err
    assert "Traceback" not in ended.err


def test_an_action_that_fails_before_any_script_is_no_bug(regreen: Regreen, tmp_path: Path) -> None:
    step = "      - uses: astral-sh/setup-uv@v6\n        with: {version: 99.9.9}\n"
    ended = fix(regreen, tmp_path / "r", step, {"src/a.py": "x=1\n"})
    assert (ended.code, ended.json["status"]) == (1, "no-fix"), ended.err
    assert "setup-uv" in ended.json["reason"]


def test_the_budget_bounds_a_try(regreen: Regreen, tmp_path: Path) -> None:
    step = "      - run: sleep 20; echo z >> src/a.py; git diff --exit-code --stat\n"
    commit(tmp_path / "r", {".github/workflows/ci.yml": HEAD + step, "src/a.py": "x=1\n"})
    ended = regreen("fix", "--repo", tmp_path / "r", "--budget", "4s", "--json")
    assert ended.json["status"] == "no-fix", ended.err
    assert "larger --budget" in ended.json["next"]
    assert ended.json["seconds"] < 20 + 4 + 20 + 10


def test_a_linked_state_folder_is_not_followed(regreen: Regreen, tmp_path: Path) -> None:
    victim, cwd = tmp_path / "victim", tmp_path / "cwd"
    victim.mkdir()
    (cwd / ".regreen").symlink_to(victim)
    step = (
        "      - run: |\n          echo would reformat a.py\n"
        "          grep -q 'x = 1' a.py && exit 0; sed -i 's/x=1/x = 1/' a.py; exit 1\n"
    )
    commit(tmp_path / "r", {".github/workflows/ci.yml": HEAD + step, "a.py": "x=1\n"})
    ended = regreen("fix", "--repo", tmp_path / "r", "--json")
    assert ended.code == 2, ended.err
    assert subprocess.run(["find", str(victim)], capture_output=True, check=True).stdout.count(
        b"\n"
    ) == 1  # fmt: skip
