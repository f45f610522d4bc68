"""What becomes of an action: served, idle, refused, allowed, or run by reference."""

from __future__ import annotations

import pytest

from regreen.jobs import catalogue
from regreen.jobs.catalogue import Role, role_of
from regreen.jobs.served import CHECKS, COMPOSITE, READ_ANYTHING, SERVED


@pytest.mark.parametrize(
    ("uses", "role"),
    [
        ("actions/checkout@v4", Role.NATIVE),
        ("Actions/Cache/Restore@v4", Role.NATIVE),
        ("psf/black@stable", Role.NATIVE),
        ("step-security/harden-runner@v2", Role.NOOP),
        ("codecov/codecov-action@v4", Role.PUBLISH),
        ("codecov/test-results-action@v1", Role.PUBLISH),
        ("github/codeql-action/analyze@v3", Role.PUBLISH),
        ("docker/build-push-action@v6", Role.PUBLISH),
        ("pypa/gh-action-pypi-publish@release/v1", Role.PUBLISH),
        ("pypa/hatch@install", Role.NATIVE),
        ("actions/github-script@v7", Role.PUBLISH),
        ("someone/something@v1", Role.UNKNOWN),
        ("./.github/actions/x", Role.UNKNOWN),
        ("docker://alpine", Role.UNKNOWN),
    ],
)
def test_each_action_has_its_role(uses: str, role: Role) -> None:
    assert role_of(uses)[0] is role


def test_a_reason_names_the_action_and_what_it_would_do() -> None:
    _, reason = role_of("softprops/action-gh-release@v2")
    assert reason == "softprops/action-gh-release@v2 publishes a release"
    _, reason = role_of("actions/github-script@v7")
    assert "--allow-action actions/github-script" in reason


def test_what_the_user_allows_runs_by_reference() -> None:
    allowed = ("Actions/GitHub-Script", "codecov/")
    for uses in ("actions/github-script@v7", "codecov/codecov-action@v4"):
        assert role_of(uses, allowed) == (Role.UNKNOWN, "")
    assert role_of("coverallsapp/github-action@v2", allowed)[0] is Role.PUBLISH
    assert role_of("actions/checkout@v4", ("actions/checkout",))[0] is Role.NATIVE


def test_no_entry_stands_in_two_tables_or_for_what_is_served() -> None:
    tables = (catalogue._NOOP, catalogue._PUBLISH, catalogue._REFUSED)
    names = [name for table in tables for name in table]
    assert len(names) == len(set(names))
    assert all(name == name.lower() and "/" in name for name in names)
    assert not set(names) & SERVED.keys()
    assert SERVED.keys() >= CHECKS | COMPOSITE | READ_ANYTHING
