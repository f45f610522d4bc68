"""Lock files: what they say is to be installed, and when they are made anew."""

from __future__ import annotations

import pytest

from regreen.fixers.dependencies import stale_lock
from regreen.fixers.dependencies.locks import lock_files, locked
from regreen.model import Category, ToolRun
from tests.fixers.support import Texts, context, failure

UV = """\
version = 1
[[package]]
name = "demo"
version = "0.1"
source = { virtual = "." }
[[package]]
name = "ruamel.yaml"
version = "0.18.6"
source = { registry = "https://index.example/simple" }
[[package]]
name = "numpy"
version = "2.0.2"
[[package]]
name = "numpy"
version = "1.26.4"
"""
POETRY = '[[package]]\nname = "idna"\nversion = "3.7"\n[metadata]\nlock-version = "2.1"\n'
PIPFILE = '{"default": {"idna": {"version": "==3.7"}, "x": {"git": "u"}}, "develop": {}}'
PINNED = "a==1.0 \\\n    --hash=sha256:0\nb==2\nc[x]==3  # via a\nd>=4\n"


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("uv.lock", UV, {"ruamel-yaml": ("0.18.6",), "numpy": ("1.26.4", "2.0.2")}),
        ("poetry.lock", POETRY, {"idna": ("3.7",)}),
        ("pdm.lock", POETRY, {"idna": ("3.7",)}),
        ("pylock.dev.toml", '[[packages]]\nname = "a"\nversion = "1"\n', {"a": ("1",)}),
        ("Pipfile.lock", PIPFILE, {"idna": ("3.7",)}),
        ("requirements.txt", PINNED, {"a": ("1.0",), "b": ("2",), "c": ("3",)}),
        ("requirements.txt", "a==1.0\nb>=2\n", {}),
        ("poetry.lock", "<<<<<<< HEAD\n", {}),
        ("Pipfile.lock", "[]", {}),
    ],
)
def test_each_lock_s_form(path: str, text: str, found: dict[str, tuple[str, ...]]) -> None:
    assert locked(path, text) == found


def test_locks_nearest_to_the_root_come_first() -> None:
    paths = ["docs/requirements.txt", "a/b/uv.lock", "uv.lock", "setup.py", "req/dev.in"]
    assert lock_files(Texts(dict.fromkeys(paths, ""))) == [
        "uv.lock",
        "docs/requirements.txt",
        "a/b/uv.lock",
    ]


UV_SAYS = "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.\n"
POETRY_SAYS = (
    "pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock`"
    " to fix the lock file.\n"
)
PDM_SAYS = (
    "WARNING: Lock file hash doesn't match pyproject.toml, packages may be outdated\n"
    "Please run `pdm lock` to update the lock file\n"
)
PIPENV_SAYS = (
    "Your Pipfile.lock \n(56d5dd0ca46a6dc5b5ae2e3e2ee1e8d12a7bdc2f) is out of \ndate. Expected: \n"
    "(a3c2b1).\nERROR:: Aborting deploy\n"
)


@pytest.mark.parametrize(
    ("said", "script", "lock", "command"),
    [
        (UV_SAYS, "uv sync --locked", "uv.lock", "{ uv lock; }"),
        (UV_SAYS, "cd app && uv sync --locked", "app/uv.lock", "cd app && { uv lock; }"),
        (UV_SAYS, "uv sync --locked --project app/x", "app/uv.lock", "cd app && { uv lock; }"),
        (POETRY_SAYS, "poetry install", "poetry.lock", None),
        (PDM_SAYS, "pdm lock --check", "pdm.lock", "{ pdm lock --update-reuse; }"),
        (PIPENV_SAYS, "pipenv install --deploy", "Pipfile.lock", "{ pipenv lock; }"),
        (UV_SAYS, "make", "deep/er/uv.lock", "cd deep/er && { uv lock; }"),
    ],
)
def test_a_stale_lock_is_made_anew_where_it_lies(
    said: str, script: str, lock: str, command: str | None
) -> None:
    folder = lock.rpartition("/")[0]
    manifest = "Pipfile" if lock.endswith("Pipfile.lock") else "pyproject.toml"
    files = {lock: "x", f"{folder}/{manifest}".lstrip("/"): "y"}
    scene = context(script, files, output=f"before\n{said}")
    [idea] = stale_lock.propose(failure(Category.DEPENDENCY_ISSUE, None), scene)
    assert isinstance(idea, ToolRun)
    assert idea.from_start
    assert command in (None, idea.command)


def test_a_tool_that_the_step_installs_is_brought_and_no_later_command_is_run() -> None:
    script = "cd app\npip install pdm\npdm lock --check\npdm install\n"
    files = {"app/pdm.lock": "x", "app/pyproject.toml": "y"}
    scene = context(script, files, output=PDM_SAYS)
    [idea] = stale_lock.propose(failure(Category.DEPENDENCY_ISSUE, "pdm"), scene)
    assert isinstance(idea, ToolRun)
    assert idea.command == (
        "command -v pdm >/dev/null || "
        "{ here=$PWD; eval 'cd app\npip install pdm\n'; cd -- \"$here\"; }\n"
        "cd app && { pdm lock --update-reuse; }"
    )


def test_a_lock_that_only_warns_or_is_not_there_stays() -> None:
    quiet = context("uv sync", {"uv.lock": "", "pyproject.toml": ""}, output="Resolved 3 packages")
    gone = context("uv sync --locked", {"pyproject.toml": ""}, output=UV_SAYS)
    cause = failure(Category.DEPENDENCY_ISSUE, "uv")
    assert not list(stale_lock.propose(cause, quiet))
    assert not list(stale_lock.propose(cause, gone))
