"""Problem matchers and the ``::`` lines: what a step says of places, as the runner hears it."""

from __future__ import annotations

import json

import pytest

from regreen.jobs.commands import CommandFileError, Effects, effects
from regreen.jobs.matchers import Finder, MatcherError, read_matchers
from regreen.model import Annotation

FLAKE8 = {
    "owner": "flake8",
    "pattern": [
        {
            "regexp": r"^(.+?):(\d+):(\d+): ([A-Z]\d+) (.+)$",
            "file": 1,
            "line": 2,
            "column": 3,
            "code": 4,
            "message": 5,
        }
    ],
}
TRACEBACK = {
    "owner": "python",
    "severity": "warning",
    "pattern": [
        {"regexp": r"^\s*File\s\"(.*)\",\sline\s(\d+),\sin\s(.*)$", "file": 1, "line": 2},
        {"regexp": r"^\s*raise\s(.*)\(\'(.*)\'\)$", "message": 2},
    ],
}
ESLINT = {
    "owner": "eslint",
    "pattern": [
        {"regexp": r"^(\S.*)$", "file": 1},
        {
            "regexp": r"^\s+(\d+):(\d+)\s+(error|warning)\s+(.*)$",
            "line": 1,
            "column": 2,
            "severity": 3,
            "message": 4,
            "loop": True,
        },
    ],
}


def told(*matchers: object) -> str:
    return json.dumps({"problemMatcher": list(matchers)})


def found(output: str, *matchers: object) -> tuple[Annotation, ...]:
    content = told(*matchers)
    held = {str(one["owner"]): content for one in matchers if isinstance(one, dict)}
    return effects({}, output, matchers=held, workspace="/w").annotations


def test_one_line_with_colours_and_an_absolute_path() -> None:
    output = "\x1b[1m/w/src/a.py\x1b[0m:3:7: E501 line too long\nall else\n"
    wanted = Annotation("error", "line too long", "src/a.py", 3, 7, "E501")
    assert found(output, FLAKE8) == (wanted,)


def test_several_lines_belong_together_only_when_they_follow_each_other() -> None:
    whole = "  File \"b.py\", line 2, in f\n    raise ValueError('broken')\n"
    assert found(whole, TRACEBACK) == (Annotation("warning", "broken", "b.py", 2),)
    assert found(whole.replace("\n", "\nbetween\n", 1), TRACEBACK) == ()


def test_a_loop_finds_every_line_under_a_heading() -> None:
    output = "a.js\n  1:2  error  one\n  3:4  warning  two\n\nb.js\n  5:6  error  three\n"
    assert found(output, ESLINT) == (
        Annotation("error", "one", "a.js", 1, 2),
        Annotation("warning", "two", "a.js", 3, 4),
        Annotation("error", "three", "b.js", 5, 6),
    )


def test_matchers_are_added_and_removed_by_the_step() -> None:
    line = "a.py:1:1: F401 unused\n"
    output = f"{line}::add-matcher::m.json\n{line}::remove-matcher owner=flake8::\n{line}"
    kept = effects({}, output, read_file={"m.json": told(FLAKE8)}.get)
    assert [one.title for one in kept.annotations] == ["F401"]
    assert kept.matchers is None
    kept = effects({}, "::add-matcher::m.json\n", read_file={"m.json": told(FLAKE8)}.get)
    assert kept.matchers is not None
    assert effects({}, line, matchers=kept.matchers).annotations != ()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"problemMatcher": [{}]}', "\x00"])
def test_what_is_no_matcher_is_an_error_and_a_step_survives_it(content: str) -> None:
    with pytest.raises(MatcherError):
        read_matchers(content)
    assert effects({}, "::add-matcher::m\nx\n", read_file=lambda _: content) == Effects()


def test_an_expression_that_takes_ages_elsewhere_takes_none_here() -> None:
    evil = {"owner": "evil", "pattern": [{"regexp": "^(a+)+$", "message": 1}]}
    matcher = read_matchers(told(evil))
    assert Finder(matcher, "/w").feed("a" * 5_000 + "b") is None


def test_annotations_and_their_escapes() -> None:
    output = (
        "::error file=a%2Cb.py,line=3,col=2,title=No%3A::it%25 is%0Abroken\n"
        "  ::warning::indented\n##[notice]older\n::nothing::of ours\n"
    )
    assert effects({}, output).annotations == (
        Annotation("error", "it% is\nbroken", "a,b.py", 3, 2, "No:"),
        Annotation("warning", "indented"),
        Annotation("notice", "older"),
    )


def test_nothing_is_obeyed_between_stop_commands_and_its_token() -> None:
    output = "::stop-commands::xyz\n::error::no\n::add-mask::visible\n::xyz::\n::error::yes\n"
    kept = effects({}, output)
    assert [one.message for one in kept.annotations] == ["yes"]
    assert kept.masks == ()


@pytest.mark.parametrize("name", ["set-env", "add-path"])
def test_commands_that_github_disabled_fail_the_step(name: str) -> None:
    with pytest.raises(CommandFileError, match=name):
        effects({}, f"::{name} name=A::b\n")


def test_state_and_summary_are_kept() -> None:
    files = {"state": "a=1\n", "step_summary": "# Done\n"}
    kept = effects(files, "::save-state name=b::2\n")
    assert kept.state == {"a": "1", "b": "2"}
    assert kept.summary == "# Done\n"
