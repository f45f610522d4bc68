"""A patch in a user's work tree: all of it or nothing, and nothing of the repository's runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from regreen.errors import UsageError
from regreen.git import Repository
from regreen.git.applying import Applied, apply_patch, fits
from regreen.git.own_tree import WorkTree
from tests.repositories import commit, fingerprint, git

FILES: dict[str, str | bytes] = {
    "a.py": "x = 1\ny = 2\n",
    "b.py": "".join(f"line {n}\n" for n in range(40)),
    "gone/old.txt": "old\n",
    "keep.txt": "kept\n",
}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    commit(tmp_path / "r", FILES)
    return tmp_path / "r"


@pytest.fixture
def mail(clone: Path) -> bytes:
    """A patch that changes, adds and deletes files, made and taken back."""
    (clone / "a.py").write_text("x = 2\ny = 2\n")
    (clone / "b.py").write_text("".join(f"line {n}\n" for n in range(39)) + "end\n")
    shutil.rmtree(clone / "gone")
    (clone / "new").mkdir()
    (clone / "new" / "run.sh").write_text("#!/bin/sh\n")
    (clone / "new" / "run.sh").chmod(0o755)
    (clone / "new" / "link").symlink_to("run.sh")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "Mend CI: black\n\nThe reason.")
    made = subprocess.run(
        ["git", "format-patch", "--stdout", "--full-index", "-1"], cwd=clone, capture_output=True
    ).stdout
    git(clone, "reset", "-q", "--hard", "HEAD~1")
    git(clone, "reflog", "expire", "--expire=now", "--all")
    git(clone, "gc", "-q", "--prune=now")
    return made


def applied(clone: Path, mail: bytes, *, three_way: bool = False, commit: bool = False) -> Applied:
    work = WorkTree.of(Repository.open(clone))
    return apply_patch(work, mail, three_way=three_way, commit=commit)


CHANGED = ("a.py", "b.py", "gone/old.txt", "new/link", "new/run.sh")


def test_a_patch_changes_the_files_and_nothing_else(clone: Path, mail: bytes) -> None:
    (clone / "mine.txt").write_text("untracked\n")
    before = fingerprint(clone / ".git")
    assert applied(clone, mail) == Applied(CHANGED, None)
    assert (clone / "a.py").read_text() == "x = 2\ny = 2\n"
    assert (clone / "new" / "link").readlink() == Path("run.sh")
    assert (clone / "new" / "run.sh").stat().st_mode & 0o111
    assert not (clone / "gone").exists()
    assert (clone / "mine.txt").read_text() == "untracked\n"
    assert fingerprint(clone / ".git") == before


def test_a_commit_is_the_one_that_git_am_makes(
    clone: Path, mail: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "clone", "-q", str(clone), str(tmp_path / "other"))
    (tmp_path / "p").write_bytes(mail)
    git(tmp_path / "other", "am", "-q", str(tmp_path / "p"))
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Grace")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "grace@example.org")
    done = applied(clone, mail, commit=True)
    assert git(clone, "rev-parse", "HEAD") == done.commit
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "symbolic-ref", "--short", "HEAD") == "main"
    form = ("log", "-1", "--format=%T%n%an %ae %aI%n%B")
    assert git(clone, *form) == git(tmp_path / "other", *form)
    assert git(clone, "log", "-1", "--format=%cn") == "Grace"
    git(clone, "fsck", "--strict")


def test_a_work_tree_that_is_not_clean_is_left_as_it_is(clone: Path, mail: bytes) -> None:
    for change in (("keep.txt", "edited\n"), ("a.py", "x = 1\ny = 3\n")):
        (clone / change[0]).write_text(change[1])
        before = fingerprint(clone)
        with pytest.raises(UsageError, match=r"not clean: " + change[0]) as caught:
            applied(clone, mail)
        assert "stash" in caught.value.next_step
        assert fingerprint(clone) == before
        git(clone, "checkout", "-q", ".")


def test_a_staged_change_counts_as_well(clone: Path, mail: bytes) -> None:
    (clone / "c.py").write_text("staged\n")
    git(clone, "add", "c.py")
    with pytest.raises(UsageError, match="not clean"):
        applied(clone, mail)


@pytest.mark.parametrize("kind", ["file", "link", "ignored", "parent"])
def test_what_git_does_not_know_is_never_overwritten(
    kind: str, clone: Path, mail: bytes, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    if kind == "parent":
        (clone / "new").symlink_to(tmp_path / "elsewhere")
    else:
        (clone / "new").mkdir()
        if kind == "link":
            (clone / "new" / "run.sh").symlink_to(tmp_path / "nowhere")
        else:
            (clone / "new" / "run.sh").write_text("mine\n")
    if kind == "ignored":
        (clone / ".git" / "info" / "exclude").write_text("new/\n")
    before = fingerprint(clone)
    with pytest.raises(UsageError, match="there already"):
        applied(clone, mail)
    assert fingerprint(clone) == before
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_three_ways_merge_and_a_conflict_changes_nothing(clone: Path, mail: bytes) -> None:
    text = (clone / "b.py").read_text()
    commit(clone, {"b.py": text.replace("line 36\n", "line 36, changed\n")})
    repository = Repository.open(clone)
    assert fits(repository, mail) == "3way"
    with pytest.raises(UsageError, match="does not apply") as caught:
        applied(clone, mail)
    assert "--3way" in caught.value.next_step
    applied(clone, mail, three_way=True)
    assert (clone / "b.py").read_text().endswith("line 36, changed\nline 37\nline 38\nend\n")
    git(clone, "checkout", "-q", ".")
    git(clone, "clean", "-fdq")
    commit(clone, {"a.py": "x = 7\ny = 2\n"})
    before = fingerprint(clone)
    assert fits(repository, mail) == "no"
    with pytest.raises(UsageError, match="conflicts"):
        applied(clone, mail, three_way=True)
    assert fingerprint(clone) == before


def test_a_patch_that_is_there_already_is_said(clone: Path, mail: bytes) -> None:
    applied(clone, mail, commit=True)
    assert fits(Repository.open(clone), mail) == "applied"
    for three_way in (False, True):
        with pytest.raises(UsageError, match="already"):
            applied(clone, mail, three_way=three_way)


def test_nothing_that_the_repository_sets_up_is_run(
    clone: Path, mail: bytes, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    program = clone / ".git" / "program"
    program.write_text(f"#!/bin/sh\necho ran >> {ran}\ncat\n")
    program.chmod(0o755)
    for name in ("post-checkout", "pre-commit", "post-applypatch", "reference-transaction",
                 "post-index-change"):  # fmt: skip
        (clone / ".git" / "hooks").mkdir(exist_ok=True)
        shutil.copy(program, clone / ".git" / "hooks" / name)
    for what in ("clean", "smudge"):
        git(clone, "config", f"filter.a.b=c.{what}", str(program))
        git(clone, "config", f"filter.x.{what}", str(program))
    git(clone, "config", "filter.x.required", "true")
    git(clone, "config", "core.fsmonitor", str(program))
    git(clone, "config", "diff.x.textconv", str(program))
    (clone / ".git" / "info" / "attributes").write_text("*.py filter=x diff=x\n*.txt filter=a.b=c")
    for name in ("a.py", "b.py", "keep.txt"):
        os.utime(clone / name, (1, 1))
    ran.unlink(missing_ok=True)
    applied(clone, mail, commit=True)
    assert not ran.exists()


def test_a_file_that_is_kept_through_a_filter_is_left_alone(clone: Path, mail: bytes) -> None:
    git(clone, "update-index", "--assume-unchanged", "a.py")
    (clone / "a.py").write_text("what a filter made of it\n")
    before = fingerprint(clone)
    with pytest.raises(UsageError, match="not what git itself writes") as caught:
        applied(clone, mail)
    assert "git am" in caught.value.next_step
    assert fingerprint(clone) == before


def test_line_ends_are_written_as_the_attributes_say(tmp_path: Path) -> None:
    clone = tmp_path / "r"
    commit(clone, {".gitattributes": "*.py eol=crlf\n", "a.py": "x = 1\n"})
    (clone / "a.py").unlink()
    git(clone, "checkout", "-q", "a.py")
    (clone / "a.py").chmod(0o600)
    (clone / "a.py").write_bytes(b"x = 2\r\n")
    diff = subprocess.run(["git", "diff"], cwd=clone, capture_output=True).stdout
    (clone / "a.py").write_bytes(b"x = 1\r\n")
    applied(clone, diff)
    assert (clone / "a.py").read_bytes() == b"x = 2\r\n"
    assert (clone / "a.py").stat().st_mode & 0o777 == 0o600


def test_names_that_leave_the_work_tree_are_refused(clone: Path) -> None:
    for name in ("../out.txt", ".git/config", "a/../../out.txt"):
        text = f"diff --git a/{name} b/{name}\nnew file mode 100644\n--- /dev/null\n+++ b/{name}\n"
        before = fingerprint(clone)
        with pytest.raises(UsageError):
            applied(clone, f"{text}@@ -0,0 +1 @@\n+x\n".encode())
        assert fingerprint(clone) == before


def test_a_merge_under_way_takes_no_commit(clone: Path, mail: bytes) -> None:
    (clone / ".git" / "MERGE_HEAD").write_text(git(clone, "rev-parse", "HEAD") + "\n")
    with pytest.raises(UsageError, match="under way"):
        applied(clone, mail, commit=True)


_DIES = """\
import os, signal, sys
from pathlib import Path
import regreen.git.landing as landing
left = int(sys.argv[2])
def counted(old):
    def call(*given, **more):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return old(*given, **more)
    return call
for name in ("replace", "unlink", "mkdir", "rename"):
    setattr(Path, name, counted(getattr(Path, name)))
landing.must = counted(landing.must)
landing.main()
"""


@pytest.mark.parametrize("commits", [False, True])
def test_killed_between_files_all_is_undone(
    commits: bool, clone: Path, mail: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, times = fingerprint(clone), (clone / "a.py").stat().st_mtime_ns
    for after in range(commits, 40, 1 + commits):
        monkeypatch.setattr(
            "regreen.git.landing._CALL", f"import sys; sys.argv.append('{after}')\n{_DIES}"
        )
        try:
            applied(clone, mail, commit=commits)
            break
        except UsageError as error:
            words = error.message
        assert "all is as before" in words
        known = {name for name in fingerprint(clone) if ".git/objects/" not in name}
        assert known == {name for name in before if ".git/objects/" not in name}
        assert all(fingerprint(clone)[name] == before[name] for name in known)
        assert git(clone, "--no-optional-locks", "status", "--porcelain") == ""
        assert (clone / "a.py").stat().st_mtime_ns == times
    assert 5 < after < 39
    assert (clone / "a.py").read_text() == "x = 2\ny = 2\n"


_PARENT_DIES = """\
import os, signal, subprocess, sys
from pathlib import Path
import regreen.git.landing as landing
from regreen.git import Repository
from regreen.git.applying import apply_patch
from regreen.git.own_tree import WorkTree
def run(argv, timeout):
    subprocess.Popen(argv, start_new_session=True)
    os.kill(os.getpid(), signal.SIGKILL)
landing.run = run
work = WorkTree.of(Repository.open(Path(sys.argv[1])))
apply_patch(work, Path(sys.argv[2]).read_bytes(), three_way=False, commit=True)
"""


def test_when_the_command_is_killed_the_change_is_still_whole(
    clone: Path, mail: bytes, tmp_path: Path
) -> None:
    (tmp_path / "p").write_bytes(mail)
    words = [sys.executable, "-c", _PARENT_DIES, str(clone), str(tmp_path / "p")]
    assert subprocess.run(words, timeout=60).returncode == -signal.SIGKILL
    deadline = time.monotonic() + 60
    while (clone / ".git" / "regreen-apply").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "log", "-1", "--format=%s") == "Mend CI: black"


def test_what_both_kills_left_is_undone_by_the_next_command(
    clone: Path, mail: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint(clone)
    monkeypatch.setattr("regreen.git.landing._CALL", f"import sys; sys.argv.append('4')\n{_DIES}")
    monkeypatch.setattr("regreen.git.landing.heal", lambda *_: None)
    with pytest.raises(UsageError):
        applied(clone, mail)
    assert git(clone, "--no-optional-locks", "status", "--porcelain") != ""
    monkeypatch.undo()
    work = WorkTree.of(Repository.open(clone))
    assert work.heal()
    assert not work.heal()
    assert fingerprint(clone) == before


def test_what_somebody_wrote_since_is_not_undone(
    clone: Path, mail: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regreen.git.landing._CALL", f"import sys; sys.argv.append('4')\n{_DIES}")
    monkeypatch.setattr("regreen.git.landing.heal", lambda *_: None)
    with pytest.raises(UsageError):
        applied(clone, mail)
    monkeypatch.undo()
    (clone / "a.py").write_text("written since\n")
    with pytest.raises(UsageError, match="changed since") as caught:
        WorkTree.of(Repository.open(clone)).heal()
    assert "regreen-apply" in caught.value.next_step
    assert (clone / "a.py").read_text() == "written since\n"


@pytest.mark.parametrize(
    ("root", "path"), [("elsewhere", "a.py"), ("clone", "../elsewhere/a.py"), ("clone", ".git/a")]
)
def test_a_journal_of_a_stranger_s_moves_nothing(clone: Path, root: str, path: str) -> None:
    (clone.parent / "elsewhere").mkdir()
    journal = clone / ".git" / "regreen-apply"
    (journal / "old").mkdir(parents=True)
    (journal / "old" / "0").write_text("planted")
    step = {"path": path, "old": True, "new": False, "row": "", "before": None, "after": None}
    whole = str(clone.parent / root) if root != "clone" else str(clone)
    plan = {"root": whole, "steps": [step], "head": "", "commit": "", "settings": {}}
    (journal / "plan.json").write_text(json.dumps(plan))
    with pytest.raises(UsageError, match=r"journal|another folder"):
        WorkTree.of(Repository.open(clone)).heal()
    assert (journal / "old" / "0").exists()


@pytest.mark.parametrize("text", ["", "[]", "null", '{"steps": 3}', '{"steps": [{}]}', "[" * 99999])
def test_a_damaged_journal_is_said(clone: Path, text: str) -> None:
    journal = clone / ".git" / "regreen-apply"
    journal.mkdir()
    (journal / "plan.json").write_text(text)
    with pytest.raises(UsageError, match="no journal") as caught:
        WorkTree.of(Repository.open(clone)).heal()
    assert "remove" in caught.value.next_step
