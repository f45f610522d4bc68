"""What a repository writes neither runs a program here, nor hangs or breaks the command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from regreen.git.remote_tree import CommitTree
from regreen.jobs.gitlab.globs import named
from regreen.jobs.globs import chosen, name_pattern, read_patterns
from regreen.jobs.matchers import Finder, MatcherError, read_matchers
from regreen_sandbox.containeroptions import Refused, parse_options
from regreen_sandbox.dockerfile.patterns import matcher
from regreen_sandbox.dockerfile.words import json_form, word

_STARS = "*a" * 14 + "b"


def _git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def test_a_repositorys_filter_is_not_run(tmp_path: Path) -> None:
    """`git archive` runs the smudge filter that a repository's own config names."""
    source, mark = tmp_path / "source", tmp_path / "ran"
    source.mkdir()
    _git(source, "init", "-q")
    (source / ".gitattributes").write_text("* filter=x\n")
    (source / "file").write_text("as it is\n")
    _git(source, "add", ".")
    _git(source, "commit", "-qm", "first")
    _git(source, "config", "filter.x.smudge", f"sh -c 'touch {mark}; cat'")
    _git(source, "config", "filter.x.required", "true")
    assert b"as it is" in CommitTree(source, "HEAD").tar()
    assert not mark.exists()


@pytest.mark.parametrize(
    "content",
    [
        "[" * 200_000,
        '{"problemMatcher": [{"owner": "x", "pattern": [{"regexp": "(a)", "line": 1e999}]}]}',
    ],
)
def test_a_matchers_file_that_cannot_be_read_is_told(content: str) -> None:
    with pytest.raises(MatcherError):
        read_matchers(content)


def test_a_negative_group_is_no_group() -> None:
    told = '{"problemMatcher":[{"owner":"x","pattern":[{"regexp":"(a)","message":-5}]}]}'
    assert Finder(read_matchers(told), "/w").feed("aaa") is None


def test_patterns_take_no_longer_than_their_text() -> None:
    """Each took hours, or all memory."""
    long = "a" * 300
    assert not chosen([f"/w/{long}"], read_patterns(_STARS, "/w", "/h"))
    assert name_pattern("{a,b}" * 24).fullmatch("ab" * 12)
    assert matcher(_STARS).fullmatch(long) is None
    assert word(f"${{x/{_STARS}/}}", {"x": long}, "\\") == long


def test_a_range_upside_down_fits_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert not chosen(["/w/a"], read_patterns("[z-a]*", "/w", "/h"))
    assert not named("[z-a]\x1b[31m", ["a"])
    assert not chosen(["/w/a"], read_patterns("[z-a]\x1b[31m", "/w", "/h"))
    assert "\x1b" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        f"--memory {'9' * 400}g",
        f"--ulimit nofile={'9' * 5000}",
        f"--health-retries {'9' * 5000}",
        f"--health-interval {'9' * 400}h",
        "--cpus nan",
    ],
)
def test_a_number_beyond_all_bounds_is_refused(options: str) -> None:
    assert isinstance(parse_options(options), Refused)


def test_a_deep_exec_form_is_the_shell_form() -> None:
    assert json_form("[" * 100_000) is None
