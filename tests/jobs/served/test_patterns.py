"""Path patterns of actions: what they take in, and where the names in an artifact begin."""

from __future__ import annotations

import pytest

from regreen.jobs.globs import (
    chosen,
    common_root,
    name_pattern,
    read_patterns,
    search_paths,
    without_hidden,
)

FILES = (
    "/w/dist/a.whl",
    "/w/dist/b.log",
    "/w/dist/.hidden/c",
    "/w/dist/deep/d.whl",
    "/w/out/e.txt",
    "/home/f.txt",
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("dist", "a.whl b.log c d.whl"),
        ("dist/", "a.whl b.log c d.whl"),
        ("dist/*.whl", "a.whl"),
        ("dist/**/*.whl", "a.whl d.whl"),
        ("dist\n!dist/**/*.log", "a.whl c d.whl"),
        ("dist\n!dist/deep\ndist/deep/d.whl", "a.whl b.log c d.whl"),
        ("!dist/b.log\ndist", "a.whl b.log c d.whl"),
        ("dist/[ab].*", "a.whl b.log"),
        ("dist/[!a].*", "b.log"),
        ("dist/?.log", "b.log"),
        ("# a comment\n~/f.txt", "f.txt"),
        ("**/*.txt", "e.txt"),
        ("d*", "a.whl b.log c d.whl"),
    ],
)
def test_patterns_take_in_and_out_in_their_order(text: str, names: str) -> None:
    patterns = read_patterns(text, "/w", "/home")
    taken = [path.rsplit("/", 1)[-1] for path in chosen(FILES, patterns)]
    assert taken == names.split()


@pytest.mark.parametrize(
    ("text", "roots", "root"),
    [
        ("dist", ("/w/dist",), "/w/dist"),
        ("dist/*.whl", ("/w/dist",), "/w/dist"),
        ("dist/a.whl", ("/w/dist/a.whl",), "/w/dist"),
        ("dist\nout", ("/w/dist", "/w/out"), "/w"),
        ("dist/deep/*\ndist", ("/w/dist",), "/w/dist"),
        ("dist\n!dist/deep", ("/w/dist",), "/w/dist"),
        ("dist/deep\ndist/a.whl", ("/w/dist/deep", "/w/dist/a.whl"), "/w/dist"),
    ],
)
def test_names_begin_at_the_least_common_ancestor(
    text: str, roots: tuple[str, ...], root: str
) -> None:
    patterns = read_patterns(text, "/w", "/home")
    assert search_paths(patterns) == roots
    assert common_root(chosen(FILES, patterns), roots) == root


def test_hidden_files_are_those_below_what_is_searched() -> None:
    files = ["/w/.x/a", "/w/.x/.b", "/w/dist/.hidden/c", "/w/dist/d"]
    assert without_hidden(files, ("/w/dist",)) == ["/w/.x/a", "/w/.x/.b", "/w/dist/d"]
    assert without_hidden(files, ("/w/.x", "/w/dist")) == ["/w/dist/d"]
    assert without_hidden(["/w/.tox/log/a"], ("/w/.tox/log",)) == ["/w/.tox/log/a"]


def test_names_of_artifacts_are_matched_as_a_whole() -> None:
    names = ("test-1", "test-2", "lint")
    found = [
        [n for n in names if name_pattern(p).fullmatch(n)] for p in ("test-*", "{lint,x}", "t")
    ]
    assert found == [["test-1", "test-2"], ["lint"], []]
