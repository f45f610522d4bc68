"""Users' own actions: shell commands from the settings, Python from installed distributions."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

import pytest

from regreen.config import load
from regreen.errors import UsageError
from regreen.fixers import found
from regreen.fixers.actions import own_actions
from regreen.logs import analyze
from regreen.model import Category, Diagnostic, Edit, Severity, ToolRun
from tests.fixers.support import context, failure

FMT = {"name": "fmt", "tools": ["black"], "command": "make fmt"}
BLACK = failure(Category.LINTING_ERROR, "black", Diagnostic("a.py", None, "would reformat"))


def ideas(table: dict[str, Any], of: Any = BLACK) -> list[ToolRun]:
    before, after = own_actions([table])
    scene = context("make lint", {"a.py": ""})
    made = [idea for one in (*before, *after) for idea in one.propose(of, scene)]
    assert all(isinstance(one, ToolRun) for one in made)
    return [one for one in made if isinstance(one, ToolRun)]


def test_an_action_is_an_idea_like_any_other() -> None:
    [made] = ideas(FMT | {"why": "our formatter", "severity": "low", "from_start": True})
    assert (made.fixer, made.command, made.why) == ("fmt", "make fmt", "our formatter")
    assert (made.severity, made.from_start) == (Severity.LOW, True)
    assert ideas(FMT)[0].severity is Severity.MEDIUM, "unseen only where the user says so"


def test_it_is_tried_for_what_it_is_for_only() -> None:
    types = failure(Category.TYPE_ERROR, "mypy", Diagnostic("a.py", "misc", "no licence header"))
    assert not ideas(FMT, types)
    assert ideas({"name": "x", "command": "y", "categories": ["type_error"]}, types)
    assert not ideas({"name": "x", "command": "y", "categories": ["type_error"]})
    assert ideas({"name": "x", "command": "y", "match": r"licence \w+$"}, types)
    assert not ideas({"name": "x", "command": "y", "match": r"^licence"}, types)
    both = {"name": "x", "command": "y", "categories": ["type_error"], "match": "nowhere"}
    assert not ideas(both, types)


def test_first_is_before_regreen_s_own() -> None:
    before, after = own_actions([FMT, FMT | {"name": "b", "first": True}])
    assert [[one.ID for one in some] for some in (before, after)] == [["b"], ["fmt"]]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"command": "x", "tools": ["y"]}, "an action's name is not understood: None"),
        ({"name": "a", "tools": ["y"]}, "action 'a' has no command"),
        ({"name": "a", "command": "x"}, "does not say which failures it is for"),
        (FMT | {"when": "always"}, "unknown key 'when'"),
        (FMT | {"severity": "critical"}, "severity cannot be 'critical'"),
        (FMT | {"match": "(?=x)"}, "match cannot be used"),
        (FMT | {"tools": "black"}, "tools is no list of texts"),
        (FMT | {"first": "yes"}, "first is 'yes'"),
        (FMT | {"command": ["make"]}, "command is no text"),
    ],
)
def test_a_wrong_action_is_named(table: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("(", r"\(")):
        own_actions([table])


def test_two_of_a_name_are_refused() -> None:
    with pytest.raises(UsageError, match="two actions have the name 'fmt'"):
        own_actions([FMT, FMT])


def test_a_repository_s_actions_are_read_but_not_believed_to_need_no_review(
    tmp_path: Path,
) -> None:
    text = '[[actions]]\nname = "{}"\ntools = ["black"]\ncommand = "x"\nseverity = "low"\n'
    own = tmp_path / "own" / "regreen"
    own.mkdir(parents=True)
    (own / "regreen.toml").write_text(text.format("mine"))
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (repository / "regreen.toml").write_text(text.format("theirs"))
    settings = load(repository, {"XDG_CONFIG_HOME": str(tmp_path / "own"), "HOME": str(tmp_path)})
    known = {one["name"]: one["severity"] for one in settings.actions}
    assert known == {"mine": "low", "theirs": "medium"}
    assert list(known) == ["mine", "theirs"]


DOCS = (Path(__file__).parents[2] / "docs/fixers.md").read_text(encoding="utf-8")
PLUGIN = DOCS.partition("## A Python fixer")[2].partition("```python\n")[2].partition("```")[0]
TESTING = DOCS.partition("To test one, ")[2].partition("```python\n")[2].partition("```")[0]
ACTION = DOCS.partition("```toml\n")[2].partition("```")[0]
LOG = """\
2026-01-01T00:00:00.0000000Z ##[group]Run python tools/headers.py
2026-01-01T00:00:00.0000000Z python tools/headers.py
2026-01-01T00:00:00.0000000Z shell: /usr/bin/bash -e {0}
2026-01-01T00:00:00.0000000Z ##[endgroup]
2026-01-01T00:00:00.0000000Z src/a.py:1: no licence header
2026-01-01T00:00:00.0000000Z src/b.py:1:1: no licence header
2026-01-01T00:00:00.0000000Z ##[error]Process completed with exit code 1.
"""
"""What the document says that its checker prints, as GitHub writes it into a log."""


def test_a_repository_s_actions_neither_come_first_nor_are_without_number(tmp_path: Path) -> None:
    """They may spend the budget behind regreen's own fixers only, unless the user lets them."""
    table = '[[actions]]\nname = "a{}"\ntools = ["black"]\ncommand = "sleep 1"\nfirst = true\n'
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    file = repository / "regreen.toml"
    file.write_text(table.format(1) + 'severity = "high"\n')
    env = {"HOME": str(tmp_path)}
    before, after = own_actions(load(repository, env).actions)
    assert ([*before], [one.ID for one in after]) == ([], ["a1"])
    before, after = own_actions(load(repository, env | {"REGREEN_ACTIONS_FIRST": "1"}).actions)
    assert ([one.ID for one in before], [*after]) == (["a1"], [])
    file.write_text("actions_first = true\n" + table.format(1))
    assert own_actions(load(repository, env).actions)[0] == ()
    (own := tmp_path / ".config/regreen/regreen.toml").parent.mkdir(parents=True)
    own.write_text("actions_first = true\n" + table.format(0))
    assert [one.ID for one in own_actions(load(repository, env).actions)[0]] == ["a0", "a1"]
    file.write_text("".join(map(table.format, range(21))))
    with pytest.raises(UsageError, match="have 21 actions, and may have 20"):
        load(repository, env)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"command": "x" * 4001}, "command has 4001 characters"),
        ({"why": "x" * 301}, "why has 301 characters"),
        ({"match": "x" * 1001}, "match has 1001 characters"),
        ({"tools": ["x"] * 101}, "tools has too many texts"),
        ({"tools": ["x" * 101]}, "too long ones"),
    ],
)
def test_the_texts_of_an_action_are_bounded(more: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        own_actions([FMT | more])


def test_the_documented_action_fits_what_the_documented_checker_prints() -> None:
    [table] = tomllib.loads(ACTION)["tool"]["regreen"]["actions"]
    said = analyze(LOG.encode()).failure
    assert said is not None
    assert [one.command for one in ideas(table, said)] == [table["command"]]


def test_the_documented_fixer_mends_the_documented_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both examples, as they stand: the fixer, and how it is tested."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "failed.log").write_text(LOG)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("x = 1\n")
    (tmp_path / "src" / "b.py").write_text("")
    names: dict[str, Any] = {}
    exec(PLUGIN, names)  # noqa: S102 - our own document
    exec(TESTING, names)  # noqa: S102
    [idea] = names["ideas"]
    assert isinstance(idea, Edit)
    header = "# SPDX-License-Identifier: MIT\n"
    assert idea.files == {"src/a.py": f"{header}x = 1\n", "src/b.py": header}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a folder of installed distributions that Python looks into."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("licence_fixer", None)
    invalidate_caches()


def install(folder: Path, module: str, text: str) -> None:
    (folder / f"{module}.py").write_text(text)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[regreen.fixers]\nlicence = {module}\n")


def test_a_fixer_of_an_installed_distribution_is_found_and_has_ideas(installed: Path) -> None:
    install(installed, "licence_fixer", PLUGIN)
    fixers, broken = found()
    assert broken == ()
    [own] = [one for one in fixers if one.ID == "licence header"]
    assert fixers[-1] is own, "behind regreen's own"
    said = failure(Category.UNKNOWN, None, Diagnostic("a.py", None, "no licence header"))
    [idea] = own.propose(said, context("python tools/headers.py", {"a.py": "x = 1\n"}))
    assert isinstance(idea, Edit)
    assert list(idea.files) == ["a.py"]


@pytest.mark.parametrize("text", ["raise SystemError('no')", "ID = 3", "ID = DOCS = 'x'"])
def test_a_broken_one_is_named_and_left_out(installed: Path, text: str) -> None:
    install(installed, "licence_fixer", text)
    fixers, broken = found()
    assert fixers
    assert [one.name for one in broken] == ["licence = licence_fixer"]
