"""What set-up scripts read: nothing, what they name, perhaps anything; and what is no set-up."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from regreen.jobs.setup import Reach, Reads, reads_of


@dataclass
class Tree:
    """Files in memory."""

    files: dict[str, str] = field(default_factory=dict)

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))

    def text(self, path: str) -> str | None:
        return self.files.get(path)


FILES = {
    "requirements.txt": "numpy==1\n-r more/dev.txt  # too\n",
    "more/dev.txt": "pytest>=2 ; python_version > '3'\nflask[async] @ https://example.org/y.zip\n",
    "own.txt": "black\n-e .\n",
    "wheels.txt": "./vendor/x.whl\n",
    "package.json": '{"name": "x", "scripts": {"test": "jest"}}',
    "hooked/package.json": '{"scripts": {"prepare": "node build.js"}}',
}
NAMED = {
    "pip install -r requirements.txt": {"requirements.txt", "more/dev.txt"},
    "python -m pip install --upgrade pip\npip install 'a<2' && pip install -cmore/dev.txt b==1": {
        "more/dev.txt"
    },
    "cd more\npip install -r dev.txt": {"more/dev.txt"},
    "if [ -f requirements.txt ]; then pip install -r requirements.txt; fi": {
        "requirements.txt",
        "more/dev.txt",
    },
    "sudo apt-get update\nsudo apt-get install -y \\\n  jq": set(),
    'echo "X=1" >> "$GITHUB_ENV"': set(),
    "python -m venv .venv\n. .venv/bin/activate\npip install black": set(),
    "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt": {
        "requirements.txt",
        "more/dev.txt",
    },
    "uv sync --frozen --no-install-project": set(),
    "npm ci": {"package.json", "package-lock.json"},
    "npm install -g @scope/tool": set(),
    "pip install -Uqr requirements.txt": {"requirements.txt", "more/dev.txt"},
}
WHOLE = (
    "poetry install --no-root",
    "pip install --requir requirements.txt",
    "pip install --cert own.pem black",
    "pip install black-1.0-py3-none-any.whl",
    "uv pip install --override over.txt black",
    "apt-get -c ci/apt.conf install jq",
    "git config --global core.hooksPath hooks",
    "export PYTHONPATH=tools\npip install black",
    "echo tools >> $GITHUB_PATH\npip install black",
    "pip install .",
    "pip install -e '.[dev]'",
    "pip install vendor/x.whl",
    "pip install -r own.txt",
    "pip install -r wheels.txt",
    "pip install --find-links=wheels black",
    "PIP_CONSTRAINT=c.txt pip install black",
    "uv sync",
    "poetry install",
    "cd hooked && npm ci",
)
UNKNOWN = (
    "make install",
    "./ci/install.sh",
    "tox",
    "pip install $WHAT",
    "pip install `cat list`",
    "pip install -r nowhere.txt",
    "pip install black > log.txt",
    "cat x | pip install -r /dev/stdin",
    "source env.sh",
    "cd ..\npip install black",
)
CHECKS = (
    "pytest",
    "python -m pytest tests",
    "flake8 . --count",
    "uv run ruff check",
    "npm test",
    "pip install black && black --check .",
    "for f in *.py; do black $f; done",
)


@pytest.mark.parametrize(("script", "files"), NAMED.items())
def test_plain_installers_read_what_they_name(script: str, files: set[str]) -> None:
    assert reads_of(script, ".", Tree(FILES)) == Reads(Reach.NAMED, frozenset(files))


@pytest.mark.parametrize(
    ("script", "reach"),
    [
        *((script, Reach.WHOLE) for script in WHOLE),
        *((script, Reach.UNKNOWN) for script in UNKNOWN),
        *((script, Reach.CHECK) for script in CHECKS),
    ],
)
def test_whatever_may_read_more_is_told_from_them(script: str, reach: Reach) -> None:
    assert reads_of(script, ".", Tree(FILES)).reach is reach


def test_a_module_of_the_repository_may_stand_in_the_way_of_python_s_own() -> None:
    script = "python -m pip install black"
    assert reads_of(script, ".", Tree({"app.py": ""})).reach is Reach.NAMED
    assert reads_of(script, ".", Tree({"random.py": ""})).reach is Reach.WHOLE
    assert reads_of(script, "sub", Tree({"random.py": ""})).reach is Reach.NAMED
    assert reads_of(script, "sub", Tree({"sub/pip/__init__.py": ""})).reach is Reach.WHOLE


def test_a_program_that_the_repository_brings_is_not_the_environment_s() -> None:
    script = "tools/bin/pip install black"
    assert reads_of(script, "", Tree()) == Reads(Reach.NAMED)
    assert reads_of(script, "", Tree({"tools/bin/pip": "#!/bin/sh"})).reach is Reach.UNKNOWN
    assert reads_of(script, "", Tree({"tools": "a link"})).reach is Reach.UNKNOWN
