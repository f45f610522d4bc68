"""What ``uses`` names, as GitHub reads it."""

from __future__ import annotations

import pytest

from regreen.jobs.actions.reference import Image, Local, Remote, reference
from regreen.model import Unsupported

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("uses", "meant"),
    [
        ("actions/checkout@v4", Remote("actions", "checkout", "", "v4")),
        ("github/codeql-action/init@v3", Remote("github", "codeql-action", "init", "v3")),
        ("a/b/c/d@feature/x", Remote("a", "b", "c/d", "feature/x")),
        ("a\\b\\c@v1", Remote("a", "b", "c", "v1")),
        (f"a/b@{SHA}", Remote("a", "b", "", SHA)),
        ("./", Local("")),
        ("./.github/actions/x/", Local(".github/actions/x")),
        (".\\tools\\x", Local("tools/x")),
        ("./../action/init", Local("../action/init")),
        ("docker://alpine:3.20", Image("alpine:3.20")),
        ("docker://ghcr.io/a/b@sha256:00", Image("ghcr.io/a/b@sha256:00")),
    ],
)
def test_each_form_is_read(uses: str, meant: object) -> None:
    assert reference(uses) == meant


@pytest.mark.parametrize(
    "uses",
    [
        *("actions/checkout", "checkout@v4", "a/b@", "@v1", "a/b@v1@v2", "a/b/../../c@v1"),
        *("../x@v1", "a/b@../../etc", "a/b@-v1", "a/b@v 1", "a/..@v1", "a/b@x..y", "a b/c@v1"),
    ],
)
def test_what_names_nothing_is_said_in_githubs_words(uses: str) -> None:
    assert reference(uses) == Unsupported(
        f"Expected format {{org}}/{{repo}}[/path]@ref. Actual '{uses}'"
    )


def test_only_a_whole_commit_id_is_pinned() -> None:
    assert Remote("a", "b", "", SHA).pinned
    assert not Remote("a", "b", "", SHA[:8]).pinned
    assert str(Remote("a", "b", "c", "v1")) == "a/b/c@v1"
