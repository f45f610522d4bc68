"""File patterns as the runner takes them."""

from __future__ import annotations

import pytest

from regreen.jobs.globs import chosen, read_patterns

FILES = [
    "/w/a.txt",
    "/w/a/x.txt",
    "/w/a-b.txt",
    "/w/.hidden/requirements.txt",
    "/w/requirements.txt",
    "/w/deep/er/requirements-dev.txt",
    "/w/deep/pyproject.toml",
    "/w/[odd].txt",
    "/elsewhere/a.txt",
]


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["*.txt"], ["/w/[odd].txt", "/w/a-b.txt", "/w/a.txt", "/w/requirements.txt"]),
        (
            ["**/requirements*.txt"],
            [
                "/w/.hidden/requirements.txt",
                "/w/deep/er/requirements-dev.txt",
                "/w/requirements.txt",
            ],
        ),
        (["a"], ["/w/a/x.txt"]),
        (["deep/**"], ["/w/deep/er/requirements-dev.txt", "/w/deep/pyproject.toml"]),
        (["deep", "!**/*.toml"], ["/w/deep/er/requirements-dev.txt"]),
        (["!a.txt", "a.*"], ["/w/a.txt"]),
        (["# a.txt", " ", "a?b.txt"], ["/w/a-b.txt"]),
        (["[[]odd].txt"], ["/w/[odd].txt"]),
        (["[!a]*.txt"], ["/w/[odd].txt", "/w/requirements.txt"]),
        (["./a/../a.txt"], ["/w/a.txt"]),
        (["/elsewhere/*"], ["/elsewhere/a.txt"]),
        (["(a|b).txt", "a+.txt", "nothing"], []),
    ],
)
def test_what_a_pattern_names(lines: list[str], wanted: list[str]) -> None:
    found = chosen(FILES, read_patterns("\n".join(lines), "/w", "/home/runner"))
    assert sorted(found) == sorted(wanted)
