"""Sphinx, Read the Docs, Codecov and artifacts: what they refuse is written as they have it now."""

from __future__ import annotations

from types import ModuleType

import pytest
import yaml

from regreen.fixers.configuration import (
    artifact_names,
    removed_options,
    service_settings,
    sphinx_settings,
)
from regreen.model import Category, Edit
from tests.fixers.support import context, failure

FLOW = ".github/workflows/ci.yml"
UPLOAD = "uses: actions/upload-artifact@v4"
TWICE = "Failed request: (409) Conflict: an artifact with this name already exists on the workflow"


def mended(fixer: ModuleType, path: str, text: str, said: str, script: str = "x") -> str | None:
    scene = context(script, {path: text}, output=said)
    failed = failure(Category.CONFIGURATION_ERROR, None)
    found = [one for one in fixer.propose(failed, scene) if isinstance(one, Edit)]
    return found[0].files[path] if found else None


@pytest.mark.parametrize(
    ("said", "before", "after"),
    [
        (
            "WARNING: html_static_path entry '_static' does not exist",
            "html_static_path = ['_static']  # x\n",
            "html_static_path = []  # x\n",
        ),
        (
            "ERROR: Invalid value `None` in intersphinx_mapping['https://docs.python.org/'].",
            "intersphinx_mapping = {'https://docs.python.org/': None}\n",
            "intersphinx_mapping = {'python': ('https://docs.python.org/', None)}\n",
        ),
        (
            "WARNING: unsupported theme option 'a' given",
            "html_theme_options = {'a': 1, 'b': 2}\n",
            "html_theme_options = {\n    'b': 2,\n}\n",
        ),
        (
            "WARNING: Invalid configuration value found: 'language = None'. Update",
            "language = None\n",
            'language = "en"\n',
        ),
        (
            "AttributeError: 'Sphinx' object has no attribute 'add_stylesheet'",
            "def setup(app):\n    app.add_stylesheet('x')\n",
            "def setup(app):\n    app.add_css_file('x')\n",
        ),
        (
            "WARNING: extlinks: Sphinx-6.0 will require a caption string",
            "extlinks = {'i': ('https://x/%s', 'issue ')}\n",
            "extlinks = {'i': ('https://x/%s', 'issue %s')}\n",
        ),
    ],
)
def test_sphinx_reads_its_settings(said: str, before: str, after: str) -> None:
    assert mended(sphinx_settings, "docs/conf.py", before, said) == after


def test_read_the_docs_gets_the_keys_of_its_second_version() -> None:
    text = "# docs\nversion: 2\npython:\n  version: 3.8\n  install:\n  - path: .\n"
    said = ".readthedocs.yaml::$: 'build' is a required property"
    made = mended(service_settings, ".readthedocs.yaml", text, said)
    assert made is not None
    assert made.startswith("# docs\n")
    assert yaml.safe_load(made) == {
        "version": 2,
        "build": {"os": "ubuntu-24.04", "tools": {"python": "3.8"}},
        "python": {"install": [{"path": "."}]},
    }
    assert mended(service_settings, ".readthedocs.yaml", made, said) is None


def test_codecov_gets_its_keys() -> None:
    text = "coverage:\n  status:\n    project:\n      default:\n        treshold: 1%  # slack\n"
    made = mended(service_settings, "codecov.yml", text, "x", "curl -f codecov.io/validate")
    assert made == text.replace("treshold", "threshold")


def test_each_combination_uploads_an_artifact_of_its_own() -> None:
    text = (
        "jobs:\n  a:\n    strategy:\n      matrix:\n        os: [x, y]\n        py: [1, 2]\n"
        f"    steps:\n    - {UPLOAD}\n      with:\n        name: cov-${{{{ matrix.os }}}}\n"
        f"  b:\n    steps:\n    - {UPLOAD}\n    - {UPLOAD}\n      with:\n        path: x\n"
        "  c:\n    steps:\n    - uses: actions/download-artifact@v4\n      with:\n"
        "        name: cov-${{ matrix.os }}\n"
    )
    made = mended(artifact_names, FLOW, text, TWICE)
    assert made is not None
    assert "name: cov-${{ matrix.os }}-${{ strategy.job-index }}\n" in made
    assert "pattern: cov-*-*\n        merge-multiple: true\n" in made
    data = yaml.safe_load(made)
    names = [step["with"]["name"] for step in data["jobs"]["b"]["steps"]]
    assert names == ["artifact-1", "artifact-2"]
    assert mended(artifact_names, FLOW, made, TWICE) is None


@pytest.mark.parametrize(
    ("said", "before", "after"),
    [
        (
            "Setting virtualenvs.prefer-active-python does not exist",
            "  poetry config virtualenvs.prefer-active-python true\n  poetry install\n",
            "  poetry install\n",
        ),
        (
            "Setting virtualenvs.prefer-active-python does not exist",
            "  poetry config virtualenvs.prefer-active-python false\n",
            "  poetry config virtualenvs.use-poetry-python true\n",
        ),
        ('The option "--no-update" does not exist', "poetry lock --no-update\n", "poetry lock\n"),
        ("Error: No such option '--py36'.", "black --py36 .\n", "black --target-version=py36 .\n"),
        (
            "no such option: --global-option",
            "pip install --global-option=build_ext .\n",
            "pip install --config-settings=--global-option=build_ext .\n",
        ),
        (
            "pylint: error: Unrecognized option found: no-space-check=x",
            "run: pylint --no-space-check=x a\n",
            "run: pylint a\n",
        ),
        (
            "error: invalid value 'text' for '--output-format <OUTPUT_FORMAT>'",
            "run: ruff check --output-format=text .\n",
            "run: ruff check --output-format=concise .\n",
        ),
        (
            "error: unrecognized subcommand '.'\n\nUsage: ruff [OPTIONS] <COMMAND>",
            "run: pip install ruff x && ruff . && ruff format .\n",
            "run: pip install ruff x && ruff check . && ruff format .\n",
        ),
    ],
)
def test_commands_do_without_what_is_gone(said: str, before: str, after: str) -> None:
    assert mended(removed_options, FLOW, before, said) == after
