"""What becomes of an action: served, idle, refused, allowed, or run by reference."""

from __future__ import annotations

import pytest

from regreen.jobs import catalogue
from regreen.jobs.catalogue import Role, role_of
from regreen.jobs.served import CHECKS, COMPOSITE, READ_ANYTHING, SERVED
from regreen.jobs.workflow import StepSpec


def using(uses: str | None, run: str | None = None) -> StepSpec:
    return StepSpec(0, None, None, run, uses, {}, {}, None, None, None, False, None, 1)


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
    assert role_of(using(uses))[0] is role


def test_a_reason_names_the_action_and_what_it_would_do() -> None:
    _, reason = role_of(using("softprops/action-gh-release@v2"))
    assert reason == "softprops/action-gh-release@v2 publishes a release"
    _, reason = role_of(using("actions/github-script@v7"))
    assert "--allow-action actions/github-script" in reason


def test_what_the_user_allows_runs_by_reference() -> None:
    allowed = ("Actions/GitHub-Script", "codecov/")
    for uses in ("actions/github-script@v7", "codecov/codecov-action@v4"):
        assert role_of(using(uses), allowed) == (Role.UNKNOWN, "")
    assert role_of(using("coverallsapp/github-action@v2"), allowed)[0] is Role.PUBLISH
    assert role_of(using("actions/checkout@v4"), ("actions/checkout",))[0] is Role.NATIVE


def test_no_entry_stands_in_two_tables_or_for_what_is_served() -> None:
    tables = (catalogue._NOOP, catalogue._PUBLISH, catalogue._REFUSED)
    names = [name for table in tables for name in table]
    assert len(names) == len(set(names))
    assert all(name == name.lower() and "/" in name for name in names)
    assert not set(names) & SERVED.keys()
    assert SERVED.keys() >= CHECKS | COMPOSITE | READ_ANYTHING


_COVERAGE = "reports coverage to a service"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("coveralls --service=github", f"coveralls {_COVERAGE}"),
        ("pip install coveralls\ncoveralls", f"coveralls {_COVERAGE}"),
        ("poetry run coveralls", f"coveralls {_COVERAGE}"),
        ("coverage xml && codecov -t ${{ secrets.TOKEN }}", f"codecov {_COVERAGE}"),
        ("bash <(curl -s https://codecov.io/bash)", f"bash {_COVERAGE}"),
        ("curl -s https://codecov.io/bash | bash -s -- -F x", f"curl {_COVERAGE}"),
        (
            "curl -Os https://uploader.codecov.io/linux/codecov\nchmod +x codecov\n./codecov -t $T",
            f"codecov {_COVERAGE}",
        ),
        ("python -m pip install -U twine\ntwine upload dist/*", "twine upload publishes a package"),
        ("pdm publish --no-build", "pdm publish publishes a package"),
        ("COVERALLS_PARALLEL=true coveralls || true", f"coveralls {_COVERAGE}"),
        ("git push origin HEAD", "git push pushes commits or tags"),
    ],
)
def test_a_script_that_only_reports_or_publishes_is_left_out(script: str, reason: str) -> None:
    role, said = role_of(using(None, script))
    assert role is Role.PUBLISH
    assert said == reason


@pytest.mark.parametrize(
    "script",
    [
        "pytest\ncoveralls",
        "pytest && coveralls",
        "pip install coveralls",
        "pip install -r requirements.txt\ncoveralls",
        "pip install coveralls -r requirements.txt\ncoveralls",
        "coverage report --fail-under=90\ncoveralls",
        "coverage combine\ncodecov",
        "twine check dist/*",
        "poetry publish --build",
        "pdm publish",
        "coveralls > out.txt",
        "pytest | codecov",
        "python tests.py; codecov",
        "if true; then pytest; codecov; fi",
        "curl -s https://example.org/install.sh | bash",
        "bash <(curl -s https://codecov.io/bash); pytest",
        "coveralls $(pytest)",
        "coveralls `pytest`",
        "echo codecov",
        "codecov 'unclosed",
        "",
    ],
)
def test_a_script_that_does_anything_else_besides_runs(script: str) -> None:
    assert role_of(using(None, script)) == (Role.RUN, "")


def test_a_reporting_command_that_the_user_allows_runs() -> None:
    assert role_of(using(None, "coveralls"), ("Coveralls",)) == (Role.RUN, "")
