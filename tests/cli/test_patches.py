"""``regreen patch``: what is listed, what is shown, and what is applied with whose consent."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from regreen.cli import app
from regreen.cli.verify import VerifyOptions
from regreen.deliver import deliver
from regreen.errors import UsageError
from regreen.model import Patch, Severity, VerifiedPatch
from tests.deliver.test_evidence import ABOUT
from tests.deliver.test_summary import proof
from tests.repositories import commit, fingerprint, git

Run = Callable[..., Result]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    commit(tmp_path / "r", {"a.py": "x  = 1\n"})
    return tmp_path / "r"


@pytest.fixture
def regreen(tmp_path: Path, clone: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command beside the clone, which is in ``--repo``."""
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["patch", *words, "--repo", str(clone)])

    return run


def made(
    clone: Path, folder: Path, severity: Severity = Severity.LOW, text: str = "x = 1\n"
) -> Path:
    """Deliver a patch that makes ``text`` of ``a.py``, as of HEAD, and return its file."""
    base = git(clone, "rev-parse", "HEAD")
    (clone / "a.py").write_text(text)
    git(clone, "commit", "-q", "-am", "Mend CI: black\n\n\x1b]0;title\x07")
    words = ["git", "format-patch", "--stdout", "--full-index", "-1"]
    mail = subprocess.run(words, cwd=clone, capture_output=True).stdout
    tree = git(clone, "rev-parse", "HEAD^{tree}")
    git(clone, "reset", "-q", "--hard", base)
    patch = Patch(b"-x  = 1\n+x = 1\n", ("black\x1b[31m",), ("formatted",), ("a.py",))
    proven = VerifiedPatch(patch, mail, base, severity, replace(proof(), tree=tree))
    return deliver(proven, folder, about=ABOUT, rejected=()).patch


def test_the_list_says_what_lies_here_and_whether_it_applies(
    regreen: Run, clone: Path, tmp_path: Path
) -> None:
    assert "no patches here" in regreen("list").stdout
    fixes = tmp_path / "cwd" / ".regreen" / "fixes"
    made(clone, fixes / "one")
    made(clone, clone / ".regreen" / "fixes" / "two", Severity.HIGH)
    told = regreen("list").stdout
    assert "\x1b" not in told
    assert len(told.splitlines()) == 3
    found = json.loads(regreen("list", "--json").stdout)["patches"]
    assert {one["name"] for one in found} == {"one", "two"}
    assert {one["severity"] for one in found} == {"low", "high"}
    assert all(one["verified"] and one["applies"] == "yes" for one in found)
    assert found[0]["commit"] == git(clone, "rev-parse", "HEAD")
    commit(clone, {"a.py": "other = 1\n"})
    assert {one["applies"] for one in json.loads(regreen("list", "--json").stdout)["patches"]} == {
        "no"
    }


def test_a_patch_of_another_repository_is_listed_as_that(regreen: Run, tmp_path: Path) -> None:
    commit(tmp_path / "other", {"a.py": "x  = 1\n", "b": "b"})
    made(tmp_path / "other", tmp_path / "cwd" / ".regreen" / "fixes" / "one")
    [one] = json.loads(regreen("list", "--json").stdout)["patches"]
    assert one["applies"] == "elsewhere"


def test_show_gives_the_report_and_the_diff_and_obeys_nothing(
    regreen: Run, clone: Path, tmp_path: Path
) -> None:
    made(clone, tmp_path / "cwd" / ".regreen" / "fixes" / "one")
    told = regreen("show", "one").stdout
    assert "# A patch that turns the job green" in told
    assert "+x = 1" in told
    assert "\x1b" not in told
    found = json.loads(regreen("show", "--json").stdout)
    assert found["evidence"]["_type"].startswith("https://in-toto.io/")
    assert found["mail"].startswith("From ")


def test_apply_puts_the_newest_into_the_work_tree(
    regreen: Run, clone: Path, tmp_path: Path
) -> None:
    made(clone, tmp_path / "cwd" / ".regreen" / "fixes" / "one")
    done = regreen("apply")
    assert (done.exit_code, "applied" in done.stdout) == (0, True)
    assert (clone / "a.py").read_text() == "x = 1\n"
    again = regreen("apply")
    assert again.exit_code == 2
    assert "not clean" in again.stderr
    assert "next: " in again.stderr
    git(clone, "checkout", "-q", ".")
    found = json.loads(regreen("apply", "one", "--commit", "--json").stdout)
    assert found["commit"] == git(clone, "rev-parse", "HEAD")
    assert git(clone, "log", "-1", "--format=%s") == "Mend CI: black"


@pytest.mark.parametrize(
    ("severity", "allow", "code"),
    [
        (Severity.MEDIUM, "medium", 0),
        (Severity.MEDIUM, "low", 2),
        (Severity.HIGH, "medium", 2),
        (Severity.HIGH, "high", 0),
        (Severity.CRITICAL, "high", 2),
        (Severity.LOW, "critical", 2),
    ],
)
def test_more_severity_than_was_allowed_is_not_applied(
    severity: Severity, allow: str, code: int, regreen: Run, clone: Path, tmp_path: Path
) -> None:
    file = made(clone, tmp_path / "out", severity)
    before = fingerprint(clone)
    done = regreen("apply", str(file), "--allow", allow)
    assert done.exit_code == code, done.stderr
    assert (fingerprint(clone) == before) == (code != 0)
    assert code == 0 or "next: " in done.stderr


def test_what_nothing_proves_is_only_applied_when_that_is_said(
    regreen: Run, clone: Path, tmp_path: Path
) -> None:
    file = made(clone, tmp_path / "out")
    file.write_bytes(file.read_bytes().replace(b"+x = 1", b"+x = 2"))
    before = fingerprint(clone)
    done = regreen("apply", str(file))
    assert done.exit_code == 2
    assert "digests differ" in done.stderr
    assert "--unverified" in done.stderr
    file.with_name("evidence.json").unlink()
    assert "there is no evidence" in regreen("apply", str(file)).stderr
    assert fingerprint(clone) == before
    assert regreen("apply", str(file), "--unverified").exit_code == 0
    assert (clone / "a.py").read_text() == "x = 2\n"


def test_a_patch_of_another_repository_proves_nothing_either(
    regreen: Run, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    made(clone, other / ".regreen" / "fixes" / "one")
    git(other, "init", "-q")
    git(other, "add", "-f", ".")
    monkeypatch.chdir(other)
    done = regreen("apply", "one", "--repo", str(clone))
    assert done.exit_code == 2
    assert "its own word" in done.stderr


def test_a_patch_that_the_repository_brings_along_proves_nothing(regreen: Run, clone: Path) -> None:
    made(clone, clone / ".regreen" / "fixes" / "one")
    git(clone, "add", "-f", ".regreen")
    git(clone, "commit", "-q", "-m", "a gift")
    done = regreen("apply", "one")
    assert done.exit_code == 2
    assert "its own word" in done.stderr


def test_a_name_that_is_not_there_is_said_with_the_next_step(regreen: Run) -> None:
    for words in (("apply", "x"), ("show",), ("apply", "./x.patch")):
        done = regreen(*words)
        assert done.exit_code == 2
        assert "next: " in done.stderr


def test_a_bare_repository_has_no_work_tree(regreen: Run, clone: Path, tmp_path: Path) -> None:
    file = made(clone, tmp_path / "out")
    git(tmp_path, "clone", "-q", "--bare", str(clone), str(tmp_path / "bare.git"))
    words = ["patch", "apply", str(file), "--repo", str(tmp_path / "bare.git")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "bare repository" in done.stderr


def test_in_another_repository_it_says_so_and_names_the_option(
    regreen: Run, clone: Path, tmp_path: Path
) -> None:
    made(clone, tmp_path / "cwd" / ".regreen" / "fixes" / "one")
    other = tmp_path / "other"
    commit(other, {"b.py": "y = 1\n"})
    (other / "b.py").write_text("y = 2\n")
    done = CliRunner().invoke(app, ["patch", "apply", "one", "--repo", str(other)])
    assert done.exit_code == 2
    assert "the patch is of" in done.stderr
    assert "--repo DIR" in done.stderr.partition("next: ")[2]


def test_an_applied_patch_is_listed_as_that(regreen: Run, clone: Path, tmp_path: Path) -> None:
    made(clone, tmp_path / "cwd" / ".regreen" / "fixes" / "one")

    def applies() -> str:
        return str(json.loads(regreen("list", "--json").stdout)["patches"][0]["applies"])

    assert applies() == "yes"
    assert regreen("apply").exit_code == 0
    assert applies() == "applied", "the work tree has it"
    git(clone, "commit", "-q", "-am", "as HEAD has now")
    assert applies() == "applied"
    (clone / "a.py").write_text("x = 3\n")
    assert applies() == "applied"


def test_the_diff_is_shown_once_and_whole(regreen: Run, clone: Path, tmp_path: Path) -> None:
    text = "x = 1\n" + "".join(f"y{number} = {number}\n" for number in range(400))
    made(clone, tmp_path / "cwd" / ".regreen" / "fixes" / "one", text=text)
    told = regreen("show", "one").stdout
    assert told.count("+x = 1\n") == 1
    assert told.count("+y399 = 399\n") == 1
    assert told.count("## What to review") == 1


def test_verify_takes_how_long_and_what_else_as_fix_does(tmp_path: Path) -> None:
    options = VerifyOptions(
        patch=tmp_path, evidence=tmp_path, siblings=True, verify_limit="90m"
    ).asked()
    assert (options.siblings, options.verify_limit) == (True, "90m")
    with pytest.raises(UsageError):
        VerifyOptions(patch=tmp_path, evidence=tmp_path, verify_limit="soon").asked()
