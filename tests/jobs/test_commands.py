"""What a step may tell the runner, in GitHub's own formats."""

from __future__ import annotations

import pytest

from regreen.jobs.commands import CommandFileError, effects, pairs


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A=1\nB=two words\n", {"A": "1", "B": "two words"}),
        ("A=x=y\n", {"A": "x=y"}),
        ("A=\n", {"A": ""}),
        ("A<<END\none\ntwo\nEND\n", {"A": "one\ntwo"}),
        ("A<<END\nEND\nB=1", {"A": "", "B": "1"}),
        ("A=a<<b\n", {"A": "a<<b"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("", {}),
    ],
)
def test_environment_files(text: str, wanted: dict[str, str]) -> None:
    assert pairs(text) == wanted


@pytest.mark.parametrize(
    "text", ["just words\n", "=value\n", "A<<END\nnever ended\n", "<<END\nEND\n"]
)
def test_what_the_runner_refuses(text: str) -> None:
    with pytest.raises(CommandFileError):
        pairs(text)


def test_protected_variables_are_not_set() -> None:
    files = {"env": "GITHUB_SHA=0\nRUNNER_OS=Plan9\nNODE_OPTIONS=--x\nMINE=1\n"}
    assert effects(files, "").env == {"MINE": "1"}


def test_printed_commands() -> None:
    printed = "::add-mask::se%25cret\n::set-output name=a::1%0A2\n ::add-mask::in\n::add-mask:: \n"
    kept = effects({"path": "/x\n\n/y\n"}, printed)
    assert kept.masks == ("se%cret", "in")
    assert kept.outputs == {"a": "1\n2"}
    assert kept.path == ("/x", "/y")


def test_a_flood_of_masks_fails_the_step() -> None:
    flood = "".join(f"::add-mask::value{n}\n" for n in range(50_001))
    with pytest.raises(CommandFileError, match="more than 50000"):
        effects({}, flood)
    assert len(effects({}, flood.partition("\n")[2]).masks) == 50_000
